import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeBookNumbers, depthWithin } from '../../src/analytics/book-numbers.ts'
import { BookWindows } from '../../src/analytics/book-windows.ts'
import type { TopOfBook } from '../../src/analytics/top-of-book.ts'
import { OrderBook } from '../../src/book/order-book.ts'
import type { Level } from '../../src/model/frames.ts'
import type { BookWindowNumbers } from '../../src/model/snapshot.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { amount, ordinaryAmount, tradableBook } from '../book/arbitraries.ts'
import { anyGapMs, anyTop } from './streams.ts'

/*
 * The prices of a combo are differences: at, below and around 0. What is made of differences and
 * amounts alone does not change when all prices move by a constant; what needs prices above 0 is absent.
 */

const RUNS = { numRuns: 2000 }
const T0 = 1_790_000_000_000
const WINDOW_MS = 10_000

/** Books of whole ticks of a half, exact in a double, with mids from far below 0 to far above. */
const shiftedBook = (of: fc.Arbitrary<number>) =>
  fc
    .record({
      book: tradableBook(of),
      shift: fc.oneof(fc.constantFrom(0, -0.5, 0.5), fc.integer({ min: -400_000, max: 400_000 })),
    })
    .map(({ book, shift }) => ({
      bids: moved(onGrid(book.bids), shift * 0.5),
      asks: moved(onGrid(book.asks), shift * 0.5),
    }))
const onGrid = (levels: readonly Level[]): Level[] =>
  levels.map(([price, of]) => [Math.round(price * 2) / 2, of])
const moved = (levels: readonly Level[], by: number): Level[] =>
  levels.map(([price, of]) => [price + by, of])
const isTradable = ({ bids, asks }: { bids: Level[]; asks: Level[] }) =>
  (bids[0]?.[0] ?? 0) < (asks[0]?.[0] ?? 0) && isStrict(bids) && isStrict(asks)
const isStrict = (levels: Level[]) => new Set(levels.map(([price]) => price)).size === levels.length

const compute = ({ bids, asks }: { bids: Level[]; asks: Level[] }) =>
  computeBookNumbers(bids, asks, [1, 5, 10])

describe('the numbers of a book with prices of any sign', () => {
  it('are finite or absent, the weighted mid inside the spread', () => {
    fc.assert(
      fc.property(shiftedBook(amount).filter(isTradable), (book) => {
        const { bestBid, bestAsk, imbalances, ...numbers } = compute(book)
        for (const value of [...Object.values(numbers), ...imbalances]) {
          expect(value === null || Number.isFinite(value)).toBe(true)
        }
        const { midPrice, weightedMidPrice, spread, spreadRatio } = numbers
        expect(spread).toBeGreaterThan(0)
        if (weightedMidPrice !== null) {
          expect(weightedMidPrice).toBeGreaterThanOrEqual(bestBid?.price ?? NaN)
          expect(weightedMidPrice).toBeLessThanOrEqual(bestAsk?.price ?? NaN)
        }
        expect(spreadRatio === null).toBe((midPrice ?? NaN) <= 0)
        expect(spreadRatio ?? 1).toBeGreaterThan(0)
      }),
      RUNS,
    )
  })

  it('do not change when a constant is added to all prices, except the prices', () => {
    fc.assert(
      fc.property(
        shiftedBook(ordinaryAmount).filter(isTradable),
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        ({ bids, asks }, shift) => {
          const here = compute({ bids, asks })
          const there = compute({ bids: moved(bids, shift), asks: moved(asks, shift) })
          expect(there.spread).toBe(here.spread)
          expect(there.imbalances).toEqual(here.imbalances)
          expect(there.midPrice).toBe((here.midPrice ?? NaN) + shift)
          expect(there.weightedMidPrice).toBeCloseTo((here.weightedMidPrice ?? NaN) + shift, 6)
        },
      ),
      RUNS,
    )
  })

  it('have bands only around a mid above 0', () => {
    let absent = 0
    fc.assert(
      fc.property(
        shiftedBook(ordinaryAmount).filter(isTradable),
        fc.constantFrom(1, 5, 25, 5000),
        ({ bids, asks }, bps) => {
          const book = new OrderBook()
          book.replace(LevelList.of(bids), LevelList.of(asks))
          const mid = compute({ bids, asks }).midPrice ?? NaN
          const band = depthWithin(book, bps)
          if (mid > 0) {
            const reach = bps * 1e-4 * mid
            const near = (levels: Level[]) =>
              levels.reduce(
                (sum, [price, of]) => (Math.abs(price - mid) <= reach ? sum + of : sum),
                0,
              )
            expect(band).toMatchObject({ bid: near(bids), ask: near(asks) })
          } else {
            absent += 1
            expect(band).toMatchObject({ bid: null, ask: null, imbalance: null })
          }
        },
      ),
      RUNS,
    )
    expect(absent).toBeGreaterThan(100)
  })
})

const anyStream = fc.array(fc.record({ top: anyTop, gapMs: anyGapMs }), {
  minLength: 5,
  maxLength: 60,
})
const movedTop = (top: TopOfBook, by: number): TopOfBook => ({
  ...top,
  bidPrice: top.bidPrice + by,
  askPrice: top.askPrice + by,
})

/** Reads the windows of a stream after each event, its prices shifted by a constant. */
function readings(
  stream: readonly { top: TopOfBook; gapMs: number }[],
  by: number,
): BookWindowNumbers[] {
  const windows = new BookWindows(60_000)
  let timeMs = T0
  return stream.map(({ top, gapMs }) => {
    timeMs += gapMs
    windows.accept(movedTop(top, by), { exchangeTimeMs: timeMs, verifiedTimeMs: timeMs })
    return windows.read({ exchangeTimeMs: timeMs, verifiedTimeMs: timeMs }, WINDOW_MS)
  })
}

describe('the windows of a book with prices of any sign', () => {
  it('keep flow and imbalance when a constant is added to all prices', () => {
    fc.assert(
      fc.property(anyStream, fc.integer({ min: -2000, max: 2000 }), (stream, shift) => {
        const ofFlow = (by: number) =>
          readings(stream, by).map((numbers) => ({
            ...numbers,
            realizedVolatility: 'needs prices',
          }))
        expect(ofFlow(shift * 0.5)).toEqual(ofFlow(0))
      }),
      { numRuns: 500 },
    )
  })

  it('have a finite or absent volatility, absent while every mid is 0 or below', () => {
    let present = 0
    fc.assert(
      // The prices of the stream are 500 to 504.5: these shifts bring them to and around 0.
      fc.property(anyStream, fc.integer({ min: -520, max: -495 }), (stream, shift) => {
        const mids = stream.map(({ top }) => (top.bidPrice + top.askPrice) / 2 + shift)
        for (const { realizedVolatility } of readings(stream, shift)) {
          if (mids.every((mid) => mid <= 0)) expect(realizedVolatility).toBeNull()
          if (realizedVolatility === null) continue
          present += 1
          expect(Number.isFinite(realizedVolatility)).toBe(true)
          expect(realizedVolatility).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 1000 },
    )
    expect(present).toBeGreaterThan(100)
  })

  it('have no volatility over a second with a mid of 0 or below, and have one again after it', () => {
    const windows = new BookWindows(60_000)
    const mids = [2, 3, -3, -6, 0, 4, 4, 5, 4, 5, 4, 5]
    const read = mids.map((mid, second) => {
      const at = { exchangeTimeMs: T0 + second * 1000, verifiedTimeMs: T0 + second * 1000 }
      const top = { bidPrice: mid - 0.5, askPrice: mid + 0.5, bidAmount: 1, askAmount: 1 }
      windows.accept(top, at)
      return windows.read(at, WINDOW_MS).realizedVolatility
    })
    expect(read.slice(0, -1)).toEqual(Array(11).fill(null))
    const at = { exchangeTimeMs: T0 + 15_000, verifiedTimeMs: T0 + 15_000 }
    const steps = [4 / 4, 5 / 4, 4 / 5, 5 / 4, 4 / 5, 5 / 4, 1, 1, 1, 1]
    const sum = steps.reduce((total, step) => total + Math.log(step) ** 2, 0)
    const annual = Math.sqrt((sum * 365 * 86_400) / 10)
    expect(windows.read(at, WINDOW_MS).realizedVolatility).toBeCloseTo(annual, 9)
  })
})
