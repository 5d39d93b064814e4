import { expect, it, vi } from 'vitest'
import type { Reference } from '../../src/simulator/market/top-history.ts'
import { ReferenceChecker } from '../storm/reference-checker.ts'
import { eventually } from './eventually.ts'

const BTC = 'BTC-PERPETUAL'

/** An exchange with one book, and a service that shows one of its bids. */
function checkerOf(shownBid: number, tops: readonly (readonly [sinceMs: number, bid: number])[]) {
  const reference: Reference = {
    instrument: BTC,
    state: 'open',
    changeId: 1,
    timestampMs: 0,
    bids: [],
    asks: [],
    tops: tops.map(([sinceMonotonicMs, bid], changeId) => ({
      changeId,
      timestampMs: 0,
      sinceMonotonicMs,
      bestBid: [bid, 1],
      bestAsk: [bid + 1, 1],
    })),
  }
  const current = { reference }
  const series = new Map([
    [`orderbook_mid_price{instrument=${BTC}}`, shownBid + 0.5],
    [`orderbook_best_price{instrument=${BTC},side=bid}`, shownBid],
    [`orderbook_best_price{instrument=${BTC},side=ask}`, shownBid + 1],
  ])
  const metrics = vi.fn(() => Promise.resolve({ series }))
  const snapshot = vi.fn(() => Promise.resolve({ status: 503 }))
  const checker = new ReferenceChecker(
    { instruments: [BTC], reference: () => current.reference },
    new Map([['service', { metrics, snapshot }]]),
  )
  return {
    checker,
    forget: (count: number) => {
      current.reference = { ...reference, tops: reference.tops.slice(count) }
    },
    run: async (onStart: () => void = () => undefined): Promise<void> => {
      checker.start()
      onStart()
      await eventually(() => metrics.mock.calls.length > 2)
      await checker.stop()
    },
  }
}

const agoMs = (ms: number) => performance.now() - ms

it('accepts a value that was true within the grace before the request', async () => {
  const { checker, run } = checkerOf(10, [
    [agoMs(60_000), 10],
    [agoMs(1000), 20],
  ])
  await run()
  expect(checker.lies).toEqual([])
  expect(checker.values).toBeGreaterThan(0)
})

it('reports a value that was last true before that, with its age', async () => {
  const { checker, run } = checkerOf(10, [
    [agoMs(60_000), 10],
    [agoMs(5000), 20],
  ])
  await run()
  const [lie] = checker.lies
  expect(lie).toMatchObject({ instrument: BTC, graceMs: 1500 })
  expect(lie?.trueUntilMs).toBeGreaterThanOrEqual(5000)
})

it('reports a value that was never true, also shortly after the start of the exchange', async () => {
  const { checker, run } = checkerOf(10, [[agoMs(100), 20]])
  await run()
  expect(checker.lies[0]).toMatchObject({ trueUntilMs: null })
  expect(checker.undecided).toBe(0)
})

it('does not decide about a time that the exchange has forgotten', async () => {
  const { checker, forget, run } = checkerOf(10, [
    [agoMs(60_000), 10],
    [agoMs(100), 20],
  ])
  await run(() => forget(1))
  expect(checker.lies).toEqual([])
  expect(checker.undecided).toBeGreaterThan(0)
})
