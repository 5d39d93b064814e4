import { beforeAll, describe, expect, it } from 'vitest'
import { ALERT_RULES } from '../../prometheus/src/rule-files.ts'
import { needs } from '../support/needs.ts'
import { startAlertmanager, type Labels } from './running-alertmanager.ts'

const BTC = { instrument: 'BTC-PERPETUAL' }
const ETH = { instrument: 'ETH-PERPETUAL' }

/** Alerts inhibited by maintenance, as specified. */
const OF_THE_EXCHANGE = /^OrderBook(Stale|NotLive|Feed|SubscriptionsMissing|.*Burn)/

describe('Alertmanager with our configuration', needs('alertmanager'), () => {
  let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>
  let jobs = 0

  beforeAll(async () => {
    alertmanager = await startAlertmanager()
  })

  /** Alerts of a separate job, independent of other tests. */
  function ofOneJob(...alerts: (readonly [alertname: string, severity: string, more?: Labels])[]) {
    jobs += 1
    const job = `job-${jobs}`
    return alerts.map(([alertname, severity, more]) => ({ alertname, severity, job, ...more }))
  }

  it('inhibits only a warning beside a critical alert of the same instrument', async () => {
    const alerts = ofOneJob(
      ['OrderBookStale', 'critical', BTC],
      ['OrderBookGapRate', 'warning', BTC],
      ['OrderBookGapRate', 'warning', ETH],
      ['OrderBookInvalid', 'critical', BTC],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false, false])
  })

  it('inhibits other alerts of a process that is down', async () => {
    const [a, b] = [{ instance: 'a:9464' }, { instance: 'b:9464' }]
    const alerts = ofOneJob(
      ['OrderBookExporterDown', 'critical', a],
      ['OrderBookFeedDisconnected', 'critical', a],
      ['OrderBookFeedDisconnected', 'critical', b],
      ['OrderBookStale', 'critical', BTC],
      ['SomebodyElses', 'critical', a],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false, false, false])
  })

  it('inhibits only what maintenance explains, of every severity', async () => {
    const rules = ALERT_RULES.filter(({ alert }) => alert !== 'OrderBookExchangeMaintenance')
    const alerts = ofOneJob(
      ['OrderBookExchangeMaintenance', 'info'],
      // No two on the same instrument: a critical alert would inhibit a warning.
      ...rules.map(
        ({ alert, labels }, index) =>
          [alert, labels.severity, { instrument: `I${index}`, instance: `i${index}` }] as const,
      ),
    )
    const held = await alertmanager.heldBack(alerts)
    const names = rules.filter((_rule, index) => held[index + 1]).map(({ alert }) => alert)
    const explained = rules.map(({ alert }) => alert).filter((name) => OF_THE_EXCHANGE.test(name))
    expect(held[0]).toBe(false)
    expect(names).toEqual(explained)
    expect(names.length).toBeGreaterThan(10)
  })

  it('notifies once for a book with a more specific alert', async () => {
    const alerts = ofOneJob(
      ['OrderBookStale', 'critical', BTC],
      ['OrderBookNotLive', 'critical', BTC],
      ['OrderBookNotLive', 'critical', ETH],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false])
  })

  it('inhibits nothing of another job', async () => {
    const [maintenance = {}] = ofOneJob(['OrderBookExchangeMaintenance', 'info'])
    const [stale = {}] = ofOneJob(['OrderBookStale', 'critical', BTC])
    expect(await alertmanager.heldBack([maintenance, stale])).toEqual([false, false])
  })
})
