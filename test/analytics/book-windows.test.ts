import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BookWindows } from '../../src/analytics/book-windows.ts'
import type { TopOfBook } from '../../src/analytics/top-of-book.ts'
import type { BookWindowNumbers } from '../../src/model/snapshot.ts'
import { expectAllNear, expectSameBits } from './near.ts'
import { type SlowHistory, slowWindow } from './slow-windows.ts'
import { anyGapMs, anyTop, asSlow, scaled, swapped } from './streams.ts'

const WINDOWS_MS = [1000, 10_000, 60_000]
const LONGEST_MS = 60_000
const START_MS = 1_790_000_000_000
/** Delay of a frame until it is verified. */
const LATENCY_MS = 40

const step = fc.record({
  kind: fc.oneof(
    { weight: 60, arbitrary: fc.constant('event' as const) },
    { weight: 1, arbitrary: fc.constantFrom('stop' as const, 'find' as const) },
  ),
  gapMs: anyGapMs,
  top: anyTop,
  /** Delay of a reading after the event. */
  laterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 15_000 })),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
const steps = fc.array(step, { minLength: 1, maxLength: 120, size: 'max' })

const eventTimeAt = (timeMs: number) => ({
  exchangeTimeMs: timeMs,
  verifiedTimeMs: timeMs + LATENCY_MS,
})

function play(windows: BookWindows, { kind, top }: Step, timeMs: number): void {
  if (kind === 'stop') windows.stop()
  else if (kind === 'find') windows.start(top, eventTimeAt(timeMs), { isEvent: false })
  else windows.accept(top, eventTimeAt(timeMs))
}

/** Values of each window after each step, and a while later. */
function readAll(taken: readonly Step[], mapTop: (top: TopOfBook) => TopOfBook = (top) => top) {
  const windows = new BookWindows(LONGEST_MS)
  let timeMs = START_MS
  return taken.flatMap((each) => {
    timeMs += each.gapMs
    play(windows, { ...each, top: mapTop(each.top) }, timeMs)
    return WINDOWS_MS.map((windowMs) => windows.read(eventTimeAt(timeMs + each.laterMs), windowMs))
  })
}

describe('the windows of a book', () => {
  it('equal a slow reference computation of the same events, at any time, through restarts', () => {
    let full = 0
    fc.assert(
      fc.property(steps, (taken) => {
        const windows = new BookWindows(LONGEST_MS)
        let history = null as SlowHistory | null
        let timeMs = START_MS
        for (const each of taken) {
          timeMs += each.gapMs
          play(windows, each, timeMs)
          const book = { timeMs, ...asSlow(each.top) }
          const startVerifiedMs = timeMs + LATENCY_MS
          if (each.kind === 'stop') history = null
          else if (each.kind === 'find') history = { startVerifiedMs, found: book, events: [] }
          else if (history === null) history = { startVerifiedMs, found: null, events: [book] }
          else history = { ...history, events: [...history.events, book] }
          for (const laterMs of [0, each.laterMs]) {
            const at = eventTimeAt(timeMs + laterMs)
            for (const windowMs of WINDOWS_MS) {
              const { coverage, ...expected } = slowWindow(history, at, windowMs)
              const actual = windows.read(at, windowMs)
              const covered = { value: coverage, scale: 0 }
              expectAllNear(
                actual,
                { coverage: covered, ...expected },
                `${windowMs} ms at ${at.exchangeTimeMs - START_MS}`,
              )
              if (coverage === 1) full += 1
            }
          }
        }
      }),
      { numRuns: 120 },
    )
    expect(full).toBeGreaterThan(5000)
  })

  it('give the same bits for the same events, whatever is read in between', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.nat(20_000), { minLength: 1, maxLength: 10 }),
        (taken, ages) => {
          const first = readAll(taken)
          const windows = new BookWindows(LONGEST_MS)
          let timeMs = START_MS
          const again = taken.flatMap((each, n) => {
            timeMs += each.gapMs
            play(windows, each, timeMs)
            // Readings of all kinds, which must not change the results.
            windows.read(eventTimeAt(timeMs + (ages[n % ages.length] ?? 0)), WINDOWS_MS[n % 3] ?? 0)
            return WINDOWS_MS.map((windowMs) =>
              windows.read(eventTimeAt(timeMs + each.laterMs), windowMs),
            )
          })
          expectSameBits(again, first)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('change the sign of flow and imbalance, and nothing else, when the sides are swapped', () => {
    const negative = (value: number | null) => (value === null ? null : 0 - value)
    fc.assert(
      fc.property(steps, (taken) => {
        const there = readAll(taken)
        for (const [n, back] of readAll(taken, swapped).entries()) {
          const one = there[n] as BookWindowNumbers
          expect(back.coverage).toBe(one.coverage)
          // 0 - x, as -0 and 0 compare equal for every reader.
          expect(negative(back.orderFlowImbalance)).toEqual(plain(one.orderFlowImbalance))
          expect(negative(back.orderFlowImbalanceRatio)).toEqual(plain(one.orderFlowImbalanceRatio))
          expect(negative(back.imbalanceMin)).toEqual(plain(one.imbalanceMax))
          expect(negative(back.imbalanceMax)).toEqual(plain(one.imbalanceMin))
          expect(negative(back.imbalanceMean)).toEqual(plain(one.imbalanceMean))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('have ratios that do not depend on the unit of the amounts', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -20, max: 20 }), (taken, power) => {
        // A power of two scales without rounding, so the bits must be equal.
        const factor = 2 ** power
        const there = readAll(taken)
        for (const [n, other] of readAll(taken, (top) => scaled(top, factor)).entries()) {
          const one = there[n] as BookWindowNumbers
          const { orderFlowImbalance } = one
          expectSameBits(other, {
            ...one,
            orderFlowImbalance: orderFlowImbalance === null ? null : orderFlowImbalance * factor,
          })
        }
      }),
      { numRuns: 100 },
    )
  })

  it('keep their bounds: least <= mean <= greatest within [-1, 1], coverage within [0, 1]', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        for (const numbers of readAll(taken)) {
          const { coverage, imbalanceMin, imbalanceMax, imbalanceMean, realizedVolatility } =
            numbers
          expect(coverage).toBeGreaterThanOrEqual(0)
          expect(coverage).toBeLessThanOrEqual(1)
          expect(imbalanceMin === null).toBe(coverage < 0.5)
          if (imbalanceMin === null || imbalanceMean === null || imbalanceMax === null) continue
          expect(imbalanceMin).toBeGreaterThanOrEqual(-1)
          expect(imbalanceMean).toBeGreaterThanOrEqual(imbalanceMin)
          expect(imbalanceMax).toBeGreaterThanOrEqual(imbalanceMean)
          expect(imbalanceMax).toBeLessThanOrEqual(1)
          expect(realizedVolatility ?? 0).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('do not drift over a day of events, however large earlier values were', () => {
    const windows = new BookWindows(LONGEST_MS)
    const events: { timeMs: number; bid: [number, number]; ask: [number, number] }[] = []
    const amountAt = (n: number) => (n < 300_000 ? 1e15 + n : 0.001 * ((n % 7) + 1))
    let timeMs = START_MS
    for (let n = 0; n < 400_000; n++) {
      timeMs += 216
      const top = {
        bidPrice: 100 + (n % 3),
        bidAmount: amountAt(n),
        askPrice: 104 + (n % 2),
        askAmount: amountAt(n * 31),
      }
      windows.accept(top, eventTimeAt(timeMs))
      if (n > 399_000) events.push({ timeMs, ...asSlow(top) } as (typeof events)[number])
    }
    const at = eventTimeAt(timeMs)
    const { coverage, ...expected } = slowWindow(
      { startVerifiedMs: START_MS, found: null, events },
      at,
      LONGEST_MS,
    )
    expect(coverage).toBe(1)
    expect(expected.orderFlowImbalance?.scale).toBeLessThan(10)
    expectAllNear(windows.read(at, LONGEST_MS), expected, 'the last minute of a day')
  })
})

const plain = (value: number | null) => (value === null ? null : value + 0)
