import { beforeAll, describe, expect, it } from 'vitest'
import { ALERT_RULES } from '../../prometheus/src/rule-files.ts'
import { needs } from '../support/needs.ts'
import { startAlertmanager, type Labels } from './running-alertmanager.ts'

const BTC = { instrument: 'BTC-PERPETUAL' }
const ETH = { instrument: 'ETH-PERPETUAL' }

/** Alerts inhibited by maintenance, as specified. */
const OF_THE_EXCHANGE =
  /^OrderBook(Stale|NotLive|BooksMissing|Feed|SubscriptionsMissing|ExchangeFrozen|ProbesOverdue|.*Burn)/

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

  it('inhibits a warning only where another alert of the same book explains it', async () => {
    const alerts = ofOneJob(
      ['OrderBookStale', 'warning', BTC],
      ['OrderBookNotLive', 'warning', BTC],
      ['OrderBookNotLive', 'warning', ETH],
      ['OrderBookGapRate', 'warning', BTC],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false, false])
  })

  it('inhibits what comes from a process that is down, and the books of its job', async () => {
    const [a, b] = [{ instance: 'a:9464' }, { instance: 'b:9464' }]
    const alerts = ofOneJob(
      ['OrderBookExporterDown', 'critical', a],
      ['OrderBookFeedDisconnected', 'critical', a],
      ['OrderBookFeedDisconnected', 'critical', b],
      ['OrderBookStale', 'warning', { instrument: 'SOL_USDC-PERPETUAL' }],
      ['OrderBookBooksMissing', 'critical'],
      ['SomebodyElses', 'critical', a],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false, true, true, false])
  })

  it('does not let one dead consumer silence what the producers lose', async () => {
    const alerts = ofOneJob(
      ['OrderBookExporterDown', 'critical', { instance: 'consumer-1:9464' }],
      ['OrderBookRecordsDropped', 'warning', { instance: 'producer:9464', topic: 'prices' }],
      ['OrderBookProduceErrors', 'warning', { instance: 'producer:9464', topic: 'prices' }],
      ['OrderBookClockSkew', 'warning', { instance: 'producer:9464' }],
      ['OrderBookRecordsLost', 'warning', { instance: 'consumer-2:9464' }],
      ['OrderBookConfigDiffers', 'warning', { role: 'consumer' }],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, false, false, false, false, false])
  })

  it('does not let lost redundancy silence the books of the job', async () => {
    const alerts = ofOneJob(
      ['OrderBookExporterDown', 'warning', { instance: 'b:9464' }],
      ['OrderBookFeedDisconnected', 'warning', { instance: 'c:9464' }],
      ['OrderBookNotLive', 'critical', BTC],
      ['OrderBookBooksMissing', 'critical'],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, false, true, false])
  })

  it('inhibits only what maintenance explains, of every severity', async () => {
    const rules = ALERT_RULES.filter(({ alert }) => alert !== 'OrderBookExchangeMaintenance')
    const alerts = ofOneJob(['OrderBookExchangeMaintenance', 'info'])
    // Each under a job of its own with the maintenance: they would inhibit each other.
    const held = [false]
    for (const [index, { alert, labels }] of rules.entries()) {
      const own = { instrument: `I${index}`, instance: `i${index}` }
      const pair = ofOneJob(['OrderBookExchangeMaintenance', 'info'], [alert, labels.severity, own])
      alerts.push(...pair)
    }
    held.push(
      ...(await alertmanager.heldBack(alerts)).filter(
        (_one, index) => index > 1 && index % 2 === 0,
      ),
    )
    const names = rules.filter((_rule, index) => held[index + 1]).map(({ alert }) => alert)
    const explained = rules.map(({ alert }) => alert).filter((name) => OF_THE_EXCHANGE.test(name))
    expect(held[0]).toBe(false)
    expect(names).toEqual(explained)
    expect(names.length).toBeGreaterThan(10)
  })

  it('notifies once for a book that pages, and for the budget that it uses up', async () => {
    const alerts = ofOneJob(
      ['OrderBookNotLive', 'critical', BTC],
      ['OrderBookStale', 'warning', BTC],
      ['OrderBookStale', 'warning', ETH],
      ['OrderBookFreshnessBudgetBurnFast', 'critical', { slo: 'orderbook-freshness' }],
    )
    expect(await alertmanager.heldBack(alerts)).toEqual([false, true, false, true])
  })

  it('inhibits nothing of another job', async () => {
    const [maintenance = {}] = ofOneJob(['OrderBookExchangeMaintenance', 'info'])
    const [stale = {}] = ofOneJob(['OrderBookStale', 'critical', BTC])
    expect(await alertmanager.heldBack([maintenance, stale])).toEqual([false, false])
  })
})
