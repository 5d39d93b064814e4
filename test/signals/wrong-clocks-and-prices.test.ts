import { describe, expect, it } from 'vitest'
import { topOf } from '../../src/analytics/top-of-book.ts'
import { OrderBook } from '../../src/book/order-book.ts'
import { LevelList } from '../../src/model/level-list.ts'
import type { DiscardReason, SignalNumbers } from '../../src/model/signals.ts'
import { InstrumentSignals } from '../../src/signals/instrument-signals.ts'

const START_MS = 1_790_000_000_000
const AXES = { depths: [1, 2], horizonsMs: [1000, 2000], windowMs: 600_000 }
const STEP_MS = 250

/** A seeded market of one instrument that is played into the signals. */
class Market {
  readonly discarded = new Map<DiscardReason, number>()
  readonly signals = new InstrumentSignals(AXES, (reason, count) => {
    this.discarded.set(reason, (this.discarded.get(reason) ?? 0) + count)
  })
  readonly #book = new OrderBook()
  readonly #tick: number
  #seed = 1
  #ticks: number
  timeMs = START_MS

  constructor({ tick = 0.5, ticks = 2000 } = {}) {
    this.#tick = tick
    this.#ticks = ticks
  }

  /** Moves the price far away, so that it cannot be taken for the one before. */
  jump(): void {
    this.#ticks *= 2
  }

  play(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      this.bookAt(this.timeMs)
      if (step % 3 === 0) this.tradeAt(this.timeMs)
      this.timeMs += STEP_MS
    }
  }

  bookAt(timeMs: number, amount = () => 1 + Math.floor(this.#random() * 100)): void {
    if (this.#random() < 0.3) this.#ticks += this.#random() < 0.5 ? 1 : -1
    const side = (sign: number) =>
      LevelList.of(
        [1, 2].map((level) => [(this.#ticks + sign * level) * this.#tick, amount()] as const),
      )
    this.#book.replace(side(-1), side(1))
    const top = topOf(this.#book)
    if (top === null) throw new Error('the book is not usable')
    this.signals.accept(this.#book, top, timeMs)
  }

  /** A buy at one tick above the mid-price. */
  tradeAt(exchangeTimeMs: number): void {
    const price = (this.#ticks + 1) * this.#tick
    this.signals.acceptTrade({
      instrument: 'BTC-PERPETUAL',
      tradeSeq: 1,
      tradeId: '1',
      price,
      amount: 10,
      side: 'buy',
      exchangeTimeMs,
      markPrice: price,
      indexPrice: price,
      isBlock: false,
      isComboLeg: false,
    })
  }

  read(): SignalNumbers {
    return this.signals.read(this.timeMs)
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }
}

/** No number is infinite or not a number, and no absent number is shown as 0. */
function expectPlainNumbers(value: unknown, path = 'numbers'): void {
  if (typeof value === 'number') expect(Number.isFinite(value), path).toBe(true)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) expectPlainNumbers(part, `${path}.${name}`)
  }
}

describe('signals with wrong times', () => {
  const DISTURBANCES: [string, (market: Market) => void][] = [
    ['the clock steps back by an hour', (market) => (market.timeMs -= 3_600_000)],
    ['a book is a day ahead', (market) => market.bookAt(market.timeMs + 86_400_000)],
    [
      'two books are a day ahead',
      (market) => {
        for (const ms of [0, 100]) market.bookAt(market.timeMs + 86_400_000 + ms)
      },
    ],
    ['a book is two seconds ahead', (market) => market.bookAt(market.timeMs + 2000)],
    ['a trade is a day ahead', (market) => market.tradeAt(market.timeMs + 86_400_000)],
    ['a trade is an hour late', (market) => market.tradeAt(market.timeMs - 3_600_000)],
  ]

  it.each(DISTURBANCES)(
    'compare trades with the prices of their time when %s',
    (_name, disturb) => {
      const market = new Market()
      market.play(1000)
      disturb(market)
      market.jump()
      market.play(3000)
      const { trades, horizons } = market.read()
      // A buy at a mid-price of about 2000 and half above it; before the jump, the mid-price was 1000.
      expect(trades.effectiveTrades).toBeGreaterThan(600)
      expect(trades.effectiveSpreadBps).toBeLessThan(12)
      expect(horizons[1]?.realizedTrades).toBeGreaterThan(600)
      expect(horizons[1]?.realizedSpreadBps).toBeLessThan(12)
      expect(horizons[0]?.depths[0]?.samples).toBeGreaterThan(500)
      expectPlainNumbers(market.read())
    },
  )

  it('do not create samples from a book that is a day ahead', () => {
    const market = new Market()
    market.play(1000)
    market.bookAt(market.timeMs + 86_400_000)
    expect(market.read().horizons[0]?.depths[0]).toMatchObject({ samples: 0, correlation: null })
    expect(market.signals.bytes).toBeLessThan(1e6)
  })
})

describe('signals with unusual prices', () => {
  it('do not depend on the size of the tick', () => {
    const [large, tiny] = [0.5, 2 ** -40].map((tick) => {
      const market = new Market({ tick })
      market.play(3000)
      return market.read()
    })
    expect(tiny?.horizons).toEqual(large?.horizons)
    expect(tiny?.nextMove).toEqual(large?.nextMove)
    expect(tiny?.microPrice).toBe((large?.microPrice ?? NaN) * 2 ** -39)
    expect(large?.microPrice).not.toBeNull()
  })

  it.each([-2000, 0, 3])(
    'have no returns where the mid-price is not above 0: %d ticks',
    (ticks) => {
      const market = new Market({ ticks })
      market.play(3000)
      const { nextMove, trades, horizons } = market.read()
      expectPlainNumbers(market.read())
      expect(market.discarded.get('no_value')).toBeGreaterThan(0)
      // Changes of the mid-price have a sign, whatever the price is.
      expect(nextMove.effectiveCases).toBeGreaterThan(500)
      if (ticks > -2000) return
      expect(horizons[0]?.depths[0]).toMatchObject({
        samples: 0,
        correlation: null,
        slopeBps: null,
      })
      expect(horizons[0]?.forecasts.map(({ errorRatio }) => errorRatio)).toEqual([null, null])
      expect(trades).toMatchObject({ effectiveTrades: 0, effectiveSpreadBps: null })
    },
  )

  it('have no samples where amounts are too large to be added', () => {
    const market = new Market()
    for (let step = 0; step < 1000; step += 1) {
      market.bookAt(market.timeMs + step * 1000, () => Number.MAX_VALUE)
    }
    const { nextMove, horizons } = market.read()
    expectPlainNumbers(market.read())
    expect(nextMove.counts).toEqual({ hit: 0, miss: 0, neutral: 0 })
    expect(horizons[0]?.depths[0]).toMatchObject({ samples: 0, correlation: null })
    expect(market.discarded.get('no_value')).toBeGreaterThan(1000)
  })
})
