import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TradeWindows } from '../../src/analytics/trade-windows.ts'
import { expectAllNear, expectSameBits } from './near.ts'
import { slowTradeWindow, type SlowTrade } from './slow-windows.ts'
import { anyGapMs } from './streams.ts'

const T0 = 1_790_000_000_000
const ABSENT = { tradeFlowImbalance: null, buyVolume: null, sellVolume: null, tradeCount: null }

const at = (timeMs: number, verifiedMs: number = timeMs) => ({
  exchangeTimeMs: T0 + timeMs,
  verifiedTimeMs: T0 + verifiedMs,
})

type Given = [timeMs: number, side: 'buy' | 'sell', amount: number]

function windowsWith(...trades: Given[]): TradeWindows {
  const windows = new TradeWindows(60_000)
  windows.start(T0)
  for (const [timeMs, side, amount] of trades) windows.accept({ side, amount }, at(timeMs))
  return windows
}

describe('the trades of a window (t - W, t]', () => {
  it('are summed by the side of the taker', () => {
    const windows = windowsWith([100, 'buy', 30], [200, 'sell', 10], [300, 'buy', 0.5])
    expect(windows.read(at(60_000), 60_000)).toEqual({
      tradeFlowImbalance: 20.5 / 40.5,
      buyVolume: 30.5,
      sellVolume: 10,
      tradeCount: 3,
    })
  })

  it('include one at t, and exclude one at exactly t - W and those after t', () => {
    const windows = windowsWith([20_000, 'buy', 1], [25_000, 'sell', 2], [31_000, 'buy', 4])
    expect(windows.read(at(29_999), 10_000)).toMatchObject({ buyVolume: 1, sellVolume: 2 })
    expect(windows.read(at(30_000), 10_000)).toMatchObject({ buyVolume: 0, sellVolume: 2 })
    expect(windows.read(at(31_000), 10_000)).toMatchObject({ buyVolume: 4, sellVolume: 2 })
    expect(windows.read(at(31_000), 10_000).tradeFlowImbalance).toBe(2 / 6)
  })

  it('give absent numbers, not 0, without trades', () => {
    expect(windowsWith().read(at(60_000), 10_000)).toEqual(ABSENT)
    expect(windowsWith([100, 'buy', 1]).read(at(60_000), 10_000)).toEqual(ABSENT)
  })

  it('are bounded: all of one side is 1 or -1', () => {
    expect(windowsWith([1, 'buy', 3]).read(at(60_000), 60_000).tradeFlowImbalance).toBe(1)
    expect(windowsWith([1, 'sell', 3]).read(at(60_000), 60_000).tradeFlowImbalance).toBe(-1)
  })

  it('are absent if some of that time may be missing', () => {
    const windows = windowsWith([100, 'buy', 1])
    windows.start(T0 + 5000)
    windows.accept({ side: 'buy', amount: 2 }, at(5000))
    windows.accept({ side: 'sell', amount: 4 }, at(6000))
    expect(windows.read(at(14_999), 10_000)).toEqual(ABSENT)
    // The trade that showed the gap starts the windows, and is not in them.
    expect(windows.read(at(15_000), 10_000)).toMatchObject({ buyVolume: 0, sellVolume: 4 })
    expect(windows.read(at(14_000), 9000)).toMatchObject({ sellVolume: 4, tradeCount: 1 })
    const never = new TradeWindows(60_000)
    never.accept({ side: 'buy', amount: 2 }, at(0))
    expect(never.read(at(60_000), 60_000)).toEqual(ABSENT)
  })

  it('are absent beyond the retention limit, but not in windows that the retained ones cover', () => {
    const windows = windowsWith()
    for (let n = 1; n <= 60_000; n++) windows.accept({ side: 'buy', amount: 1 }, at(n))
    expect(windows.read(at(60_000), 60_000)).toEqual(ABSENT)
    expect(windows.read(at(60_000), 32_768)).toMatchObject({ tradeCount: 32_768 })
    expect(windows.read(at(60_000), 32_769)).toEqual(ABSENT)
    expect(windows.bytes).toBeLessThan(860_000)
  })

  it('drop earlier ones when the exchange’s clock steps back by more than the tolerance', () => {
    const windows = windowsWith([20_000, 'buy', 1], [19_500, 'buy', 2])
    expect(windows.read(at(29_999), 10_000)).toMatchObject({ buyVolume: 3 })
    windows.accept({ side: 'sell', amount: 4 }, at(18_000, 20_500))
    windows.accept({ side: 'sell', amount: 8 }, at(18_500, 21_000))
    expect(windows.read(at(19_000, 21_500), 1001)).toEqual(ABSENT)
    expect(windows.read(at(19_000, 21_500), 1000)).toMatchObject({ sellVolume: 8, buyVolume: 0 })
  })

  it('equal a slow reference computation, and give the same bits whatever is read in between', () => {
    const trade = fc.record({
      gapMs: anyGapMs,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      amount: fc.integer({ min: 1, max: 1e9 }).map((units) => units / 1000),
      laterMs: fc.integer({ min: -3000, max: 20_000 }),
    })
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 80, size: 'max' }), (taken) => {
        const [windows, unread] = [windowsWith(), windowsWith()]
        const known: SlowTrade[] = []
        let timeMs = 70_000
        let last = windows.read(at(timeMs), 60_000)
        for (const { gapMs, laterMs, side, amount } of taken) {
          timeMs += gapMs
          windows.accept({ side, amount }, at(timeMs))
          unread.accept({ side, amount }, at(timeMs))
          known.push({ timeMs: T0 + timeMs, side, amount })
          for (const windowMs of [1000, 10_000, 60_000]) {
            const eventTime = at(timeMs + laterMs)
            const expected = slowTradeWindow(known, eventTime.exchangeTimeMs, windowMs)
            last = windows.read(eventTime, windowMs)
            if (expected === null) expect(last).toEqual(ABSENT)
            else expectAllNear(last, { ...expected }, `${windowMs} ms`)
          }
        }
        const end = at(timeMs + (taken.at(-1)?.laterMs ?? 0))
        expectSameBits(unread.read(end, 60_000), last)
      }),
      { numRuns: 150 },
    )
  })
})
