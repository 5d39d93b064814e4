import { describe, expect, it } from 'vitest'
import { createSignalWriter } from '../../../src/process/signal-collector.ts'
import { playSignals } from '../../signals/reference-comparison.ts'
import { simulatedMarket } from '../../signals/simulated-market.ts'
import { groupedSnapshot } from '../../support/frames.ts'
import { processFixture } from '../process-fixture.ts'

const AXES = { depths: [1, 10], horizonsMs: [1000, 2000, 3000], windowMs: 3_600_000 }
const INSTRUMENT = 'BTC-PERPETUAL'
const MAX_SERIES = 90

/** Sends a snapshot of this many instruments. */
function booksOf(count: number, options: Parameters<typeof processFixture>[0]) {
  const fixture = processFixture(options)
  fixture.own(0)
  for (let number = 0; number < count; number += 1) addBook(fixture, number)
  return fixture
}

function addBook({ send }: ReturnType<typeof processFixture>, number: number): void {
  const key = `BTC-${number}`
  send(groupedSnapshot().replaceAll(INSTRUMENT, key), { key })
}

describe('the signals of the books', () => {
  it('are measured on up to 20 books with auto, and removed at the 21st', () => {
    const fixture = booksOf(20, { signals: { mode: 'auto', axes: AXES } })
    expect(fixture.store.signals('BTC-0')?.numbers).toBeTruthy()
    expect(fixture.store.signals('BTC-19')?.numbers).toBeTruthy()
    expect(fixture.store.signalBytes).toBeGreaterThan(0)
    addBook(fixture, 20)
    for (const name of ['BTC-0', 'BTC-19', 'BTC-20']) {
      expect(fixture.store.signals(name)).toBeNull()
      expect(fixture.store.snapshot(name, 1)?.signals).toBeNull()
    }
  })

  it('are measured on any number of books when on', () => {
    const { store } = booksOf(21, { signals: { mode: 'on', axes: AXES } })
    expect(store.signals('BTC-20')?.numbers).toBeTruthy()
  })

  it('do not exist when off: no reading, no series, no memory', () => {
    const { store } = booksOf(2, {})
    expect(store.signals('BTC-0')).toBeNull()
    expect(store.signalAxes).toBeNull()
    expect([...store.readings({ isFull: true })].map(({ signals }) => signals)).toEqual([
      null,
      null,
    ])
    expect(store.signalBytes).toBe(0)
  })

  it('have at most 90 series for an instrument, with every number present', () => {
    const market = simulatedMarket({
      seed: 5,
      instrument: INSTRUMENT,
      channels: [`book.${INSTRUMENT}.none.10.100ms`, `trades.${INSTRUMENT}.100ms`],
      ratePerSecond: 20,
      signalStrength: 0.7,
    })
    const records = market.run(900_000).map(({ channel, raw, sentMs }) => ({
      instrument: INSTRUMENT,
      isTrades: channel.startsWith('trades.'),
      raw,
      arrivedMs: sentMs,
    }))
    const view = playSignals(records, AXES).views.at(-1)
    if (view === undefined) throw new Error('no reading')
    const series = new Set<string>()
    const families = new Map<string, number>()
    const writer = {
      write: ({ name }: { name: string }, labels: object) => {
        series.add(`${name} ${JSON.stringify(labels)}`)
        families.set(name, (families.get(name) ?? 0) + 1)
      },
    }
    createSignalWriter(AXES)(writer, INSTRUMENT, view)
    expect(series.size).toBeLessThanOrEqual(MAX_SERIES)
    expect(Object.fromEntries(families)).toMatchObject({
      orderbook_signal_outcomes_total: 54,
      orderbook_signal_next_move_total: 3,
      orderbook_signal_correlation: 6,
      orderbook_signal_slope_bps: 6,
      orderbook_signal_samples: 6,
      orderbook_trades_total: 2,
      orderbook_trade_amount_total: 2,
      orderbook_effective_spread_ratio: 1,
    })
  })
})
