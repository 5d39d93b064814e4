import { describe, expect, it } from 'vitest'
import { BookWindows } from '../../src/analytics/book-windows.ts'
import type { TopOfBook } from '../../src/analytics/top-of-book.ts'

const T0 = 1_790_000_000_000
const W = 10_000

const top = (bidAmount: number, askAmount: number, more: Partial<TopOfBook> = {}): TopOfBook => ({
  bidPrice: 100,
  bidAmount,
  askPrice: 101,
  askAmount,
  ...more,
})
/** Times relative to the start; both clocks agree. */
const at = (timeMs: number, verifiedMs: number = timeMs) => ({
  exchangeTimeMs: T0 + timeMs,
  verifiedTimeMs: T0 + verifiedMs,
})

function windowsWith(...events: [timeMs: number, top: TopOfBook][]): BookWindows {
  const windows = new BookWindows(60_000)
  for (const [timeMs, of] of events) windows.accept(of, at(timeMs))
  return windows
}

describe('a window (t - W, t]', () => {
  it('includes an event at t, and excludes one at exactly t - W', () => {
    const windows = windowsWith([0, top(10, 10)], [20_000, top(17, 10)], [25_000, top(17, 15)])
    expect(windows.read(at(29_999), W).orderFlowImbalance).toBe(2)
    expect(windows.read(at(30_000), W).orderFlowImbalance).toBe(-5)
    expect(windows.read(at(34_999), W).orderFlowImbalance).toBe(-5)
    expect(windows.read(at(35_000), W).orderFlowImbalance).toBe(0)
    expect(windows.read(at(25_000), W).orderFlowImbalance).toBe(2)
  })

  it('without an event has no flow, and the current imbalance for all other numbers', () => {
    const windows = windowsWith([0, top(10, 10)], [1, top(30, 10)])
    expect(windows.read(at(60_001), W)).toEqual({
      coverage: 1,
      orderFlowImbalance: 0,
      orderFlowImbalanceRatio: 0,
      realizedVolatility: 0,
      imbalanceMin: 0.5,
      imbalanceMax: 0.5,
      imbalanceMean: 0.5,
    })
  })

  it('uses the imbalance at its start, including an event at exactly that time', () => {
    const windows = windowsWith([0, top(10, 30)], [20_000, top(10, 10)], [28_000, top(30, 10)])
    expect(windows.read(at(29_000), W)).toMatchObject({
      imbalanceMin: -0.5,
      imbalanceMax: 0.5,
      // -0.5 for one second, 0 for eight, 0.5 for one.
      imbalanceMean: 0,
    })
    expect(windows.read(at(30_000), W)).toMatchObject({ imbalanceMin: 0, imbalanceMean: 0.1 })
    expect(windows.read(at(30_001), W)).toMatchObject({ imbalanceMin: 0 })
    expect(windows.read(at(38_000), W)).toMatchObject({ imbalanceMin: 0.5, imbalanceMean: 0.5 })
  })

  it('counts an event without a change of the top: it lowers the mean depth, not the flow', () => {
    const windows = windowsWith([0, top(10, 10)], [20_000, top(20, 20)], [21_000, top(20, 20)])
    windows.accept(top(50, 20), at(22_000))
    expect(windows.read(at(23_000), W)).toMatchObject({
      orderFlowImbalance: 30,
      orderFlowImbalanceRatio: 30 / ((20 + 20 + 35) / 3),
    })
  })

  it('has the extremes of events within one millisecond', () => {
    const windows = windowsWith([0, top(10, 10)], [20_000, top(30, 10)], [20_000, top(10, 30)])
    windows.accept(top(10, 10), at(20_000))
    expect(windows.read(at(20_000), W)).toMatchObject({
      imbalanceMin: -0.5,
      imbalanceMax: 0.5,
      imbalanceMean: 0,
      orderFlowImbalance: 20 - 20 - 20 + 20,
    })
  })
})

describe('coverage', () => {
  it('is the share of the window since the start, and below a half all other numbers are absent', () => {
    const windows = windowsWith([0, top(10, 10)], [1000, top(20, 10)])
    expect(windows.read(at(4999), W)).toEqual({
      coverage: 0.4999,
      orderFlowImbalance: null,
      orderFlowImbalanceRatio: null,
      realizedVolatility: null,
      imbalanceMin: null,
      imbalanceMax: null,
      imbalanceMean: null,
    })
    expect(windows.read(at(5000), W)).toMatchObject({ coverage: 0.5, orderFlowImbalance: 10 })
    expect(windows.read(at(9000), W).coverage).toBe(0.9)
    expect(windows.read(at(10_000), W).coverage).toBe(1)
    expect(windows.read(at(11_000), W).coverage).toBe(1)
  })

  it('counts from when the book was verified, not from the old time that its snapshot carries', () => {
    const windows = new BookWindows(60_000)
    windows.accept(top(10, 10), at(0, 3_600_000))
    expect(windows.read(at(3_603_000, 3_603_000), W).coverage).toBe(0.3)
  })

  it('may be full at the time of the first event: its mean is then that value', () => {
    const windows = new BookWindows(60_000)
    windows.accept(top(30, 10), at(10_000, 0))
    expect(windows.read(at(10_000, 5000), W)).toMatchObject({ coverage: 0.5, imbalanceMean: 0.5 })
  })

  it('is 0 after a stop, until the next start', () => {
    const windows = windowsWith([0, top(10, 10)])
    windows.stop()
    expect(windows.isRunning).toBe(false)
    expect(windows.read(at(60_000), W)).toMatchObject({ coverage: 0, imbalanceMean: null })
    windows.start(top(30, 10), at(60_000), { isEvent: false })
    expect(windows.isRunning).toBe(true)
    expect(windows.read(at(65_000), W)).toMatchObject({
      coverage: 0.5,
      orderFlowImbalance: 0,
      orderFlowImbalanceRatio: 0,
      imbalanceMax: 0.5,
    })
  })

  it('makes no flow between the book before a stop and the one after it', () => {
    const windows = windowsWith([0, top(10, 10)])
    windows.stop()
    windows.accept(top(90, 10), at(1000))
    windows.accept(top(91, 10), at(2000))
    expect(windows.read(at(11_000), W).orderFlowImbalance).toBe(1)
  })

  it('shrinks beyond the retention limit, and numbers use the retained events', () => {
    const windows = new BookWindows(60_000)
    windows.accept(top(1000, 10), at(0))
    // 1,000 events a second; the newest 32,768 are kept.
    for (let n = 1; n <= 80_000; n++) windows.accept(top(1000 + n, 10), at(n))
    const minute = windows.read(at(80_000), 60_000)
    expect(minute.coverage).toBe(32_767 / 60_000)
    expect(minute.orderFlowImbalance).toBe(32_768)
    expect(windows.read(at(80_000), 10_000)).toMatchObject({
      coverage: 1,
      orderFlowImbalance: 10_000,
    })
    expect(windows.bytes).toBeLessThan(1_490_000)
  })
})

describe('the exchange’s clock', () => {
  it('may step back by a little: the event counts at the time of the one before', () => {
    const windows = windowsWith([0, top(10, 10)], [20_000, top(11, 10)], [19_000, top(13, 10)])
    expect(windows.lastTimeMs).toBe(T0 + 20_000)
    expect(windows.read(at(20_000), W)).toMatchObject({ coverage: 1, orderFlowImbalance: 3 })
    expect(windows.read(at(29_999), W).orderFlowImbalance).toBe(3)
  })

  it('that steps back by more makes a new start', () => {
    const windows = windowsWith([0, top(10, 10)], [20_000, top(11, 10)])
    windows.accept(top(13, 10), at(18_999, 20_100))
    expect(windows.read(at(18_999, 20_100), W).coverage).toBe(0)
    windows.accept(top(14, 10), at(25_000, 25_100))
    expect(windows.read(at(25_000, 25_100), W)).toMatchObject({
      coverage: 0.5,
      orderFlowImbalance: 1,
    })
  })

  it('of one frame from the far future has no lasting effect', () => {
    const windows = windowsWith([0, top(10, 10)], [1e12, top(20, 10)], [100, top(30, 10)])
    windows.accept(top(31, 10), at(5200, 5200))
    expect(windows.read(at(5200), W)).toMatchObject({ orderFlowImbalance: 1 })
  })
})

describe('absurdly large amounts', () => {
  it('make the numbers of their windows absent, but not of later ones', () => {
    const huge = top(Number.MAX_VALUE, Number.MAX_VALUE)
    const windows = windowsWith([0, top(10, 10)], [20_000, huge], [21_000, top(10, 30)])
    const numbers = windows.read(at(22_000), W)
    for (const value of Object.values(numbers)) {
      expect(value === null || Number.isFinite(value)).toBe(true)
    }
    expect(numbers).toMatchObject({ imbalanceMin: null, imbalanceMean: null })
    windows.accept(top(12, 30), at(30_500))
    expect(windows.read(at(31_001), W)).toMatchObject({
      orderFlowImbalance: 2,
      orderFlowImbalanceRatio: 2 / 21,
      imbalanceMin: -0.5,
    })
  })
})
