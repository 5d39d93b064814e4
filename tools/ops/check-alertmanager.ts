import { problemsOf } from './programs.ts'

const CONFIG = 'prometheus/alertmanager.yml'

/** Labels of an alert -> its receiver. */
const ROUTES: readonly [receiver: string, ...labels: string[]][] = [
  ['pager', 'alertname=OrderBookNotLive', 'severity=critical', 'instrument=BTC-PERPETUAL'],
  ['today', 'alertname=OrderBookStale', 'severity=warning', 'instrument=BTC-PERPETUAL'],
  ['today', 'alertname=OrderBookGapRate', 'severity=warning', 'instrument=BTC-PERPETUAL'],
  ['nobody', 'alertname=OrderBookExchangeMaintenance', 'severity=info'],
  ['dead-man-switch', 'alertname=Watchdog', 'severity=none'],
  ['today', 'alertname=SomebodyElses'],
]

/** Checks alertmanager.yml and its routes. */
export async function checkAlertmanager(): Promise<string[]> {
  const problems = await problemsOf('amtool', ['check-config', CONFIG])
  for (const [receiver, ...labels] of ROUTES) {
    const args = [`--config.file=${CONFIG}`, `--verify.receivers=${receiver}`, ...labels]
    problems.push(...(await problemsOf('amtool', ['config', 'routes', 'test', ...args])))
  }
  return problems
}
