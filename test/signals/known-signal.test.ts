import { describe, expect, it } from 'vitest'
import type { Estimate, SignalNumbers } from '../../src/model/signals.ts'
import { InstrumentSignals } from '../../src/signals/instrument-signals.ts'
import { OrderBook } from '../../src/book/order-book.ts'
import { topOf } from '../../src/analytics/top-of-book.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { playSignals, type SignalRecord } from './reference-comparison.ts'
import { simulatedMarket } from './simulated-market.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const CHANNEL = `book.${INSTRUMENT}.none.10.100ms`
const AXES = { depths: [1, 10], horizonsMs: [1000, 10_000], windowMs: 600_000 }
const RUNS = 40
/** 95 % of the runs. */
const LEAST_CONTAINED = 38
const RUN_MS = 150_000
const SEEDS = Array.from({ length: RUNS }, (_, index) => index + 1)

/** What the service measures in a simulated market whose next move follows the imbalance. */
function measure(seed: number, signalStrength: number): SignalNumbers {
  const simulated = simulatedMarket({
    seed,
    signalStrength,
    instrument: INSTRUMENT,
    channels: [CHANNEL],
    ratePerSecond: 8,
  })
  const records: SignalRecord[] = simulated
    .run(RUN_MS)
    .map(({ raw, sentMs }) => ({ instrument: INSTRUMENT, isTrades: false, raw, arrivedMs: sentMs }))
  const numbers = playSignals(records, AXES).views.at(-1)?.numbers
  if (numbers === undefined || numbers === null) throw new Error('the book is not live')
  return numbers
}

function contains(estimate: Estimate | null | undefined, known: number): boolean {
  if (estimate === null || estimate === undefined) throw new Error('too few cases')
  return estimate.interval.low <= known && known <= estimate.interval.high
}

const countOf = (flags: readonly boolean[]) => flags.filter(Boolean).length

describe('a simulated market with a known signal', { timeout: 300_000 }, () => {
  it('is measured within the interval in 95 % of 40 runs', () => {
    const measured = SEEDS.map((seed) => measure(seed, 0.7))
    const rates = measured.map(({ nextMove }) => nextMove.estimate)
    expect(countOf(rates.map((rate) => contains(rate, 0.7)))).toBeGreaterThanOrEqual(
      LEAST_CONTAINED,
    )
    // An interval that is wide enough to contain anything would prove nothing.
    expect(countOf(rates.map((rate) => contains(rate, 0.5)))).toBe(0)
    const correlations = measured.map(({ horizons }) => horizons[0]?.depths[0]?.correlation)
    const positive = correlations.filter((one) => (one?.value ?? 0) > 0)
    expect(positive.length).toBeGreaterThanOrEqual(LEAST_CONTAINED)
  })

  it('is measured as no signal in 95 % of 40 runs if there is none', () => {
    const measured = SEEDS.map((seed) => measure(seed, 0.5))
    const rates = measured.map(({ nextMove }) => contains(nextMove.estimate, 0.5))
    const correlations = measured.map(({ horizons }) =>
      contains(horizons[0]?.depths[0]?.correlation, 0),
    )
    expect(countOf(rates)).toBeGreaterThanOrEqual(LEAST_CONTAINED)
    expect(countOf(correlations)).toBeGreaterThanOrEqual(LEAST_CONTAINED)
  })
})

describe('no look-ahead', () => {
  /** Each second the price moves by one tick; the imbalance shows the move of `leadS` seconds later. */
  function measureLead(leadS: number): SignalNumbers {
    const signals = new InstrumentSignals(
      { depths: [1], horizonsMs: [1000], windowMs: 600_000 },
      () => undefined,
    )
    const directions = pseudoRandomSigns(500)
    const book = new OrderBook()
    let tick = 10_000
    for (const [second, direction] of directions.entries()) {
      if (second > 0) tick += directions[second - 1] ?? 0
      const sign = directions[second + leadS] ?? direction
      const bidAmount = sign > 0 ? 3 : 1
      book.replace(
        LevelList.of([[tick / 2, bidAmount]]),
        LevelList.of([[(tick + 1) / 2, 4 - bidAmount]]),
      )
      const top = topOf(book)
      if (top === null) throw new Error('the book is not usable')
      signals.accept(book, top, 1_790_000_000_000 + second * 1000)
    }
    return signals.read(1_790_000_500_000)
  }

  it('finds an imbalance that leads the price by one step', () => {
    const { nextMove, horizons } = measureLead(0)
    expect(nextMove.counts).toMatchObject({ miss: 0, neutral: 0 })
    expect(nextMove.estimate?.value).toBe(1)
    expect(horizons[0]?.depths[0]?.correlation?.value).toBeGreaterThan(0.99)
  })

  it.each([-1, 1])('finds nothing in the same series shifted by %d', (shift) => {
    const { nextMove, horizons } = measureLead(shift)
    expect(nextMove.estimate?.value).toBeGreaterThan(0.35)
    expect(nextMove.estimate?.value).toBeLessThan(0.65)
    expect(Math.abs(horizons[0]?.depths[0]?.correlation?.value ?? 1)).toBeLessThan(0.2)
  })

  function pseudoRandomSigns(count: number): number[] {
    let state = 1
    return Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 16) & 1 ? 1 : -1
    })
  }
})
