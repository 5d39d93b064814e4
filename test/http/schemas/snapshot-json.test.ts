import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SnapshotView, WindowNumbers } from '../../../src/model/snapshot.ts'
import { FakeSnapshots, httpApp, liveView } from '../fakes.ts'

/** Any number, including those that JSON cannot represent. */
const anyNumber = fc.double()
const maybe = fc.option(anyNumber)
const best = fc.option(fc.record({ price: anyNumber, amount: anyNumber }))
const levels = fc.array(fc.tuple(anyNumber, anyNumber), { maxLength: 5 })

const covered = fc.boolean()
const band = fc.record({
  bid: maybe,
  ask: maybe,
  imbalance: maybe,
  bidCovered: covered,
  askCovered: covered,
})
const window = fc.record({
  coverage: anyNumber,
  orderFlowImbalance: maybe,
  orderFlowImbalanceRatio: maybe,
  tradeFlowImbalance: maybe,
  buyVolume: maybe,
  sellVolume: maybe,
  tradeCount: fc.option(fc.maxSafeNat()),
  realizedVolatility: maybe,
  imbalanceMin: maybe,
  imbalanceMax: maybe,
  imbalanceMean: maybe,
})
const trade = fc.record({
  price: anyNumber,
  amount: anyNumber,
  side: fc.constantFrom('buy' as const, 'sell' as const),
  exchangeTimeMs: anyNumber,
})

const anyView: fc.Arbitrary<SnapshotView> = fc
  .record({
    bestBid: best,
    bestAsk: best,
    midPrice: maybe,
    weightedMidPrice: maybe,
    spread: maybe,
    spreadRatio: maybe,
    imbalances: fc.array(maybe, { maxLength: 3 }),
    ageMs: maybe,
    bands: fc.array(band, { maxLength: 2 }),
    windows: fc.array(window, { minLength: 2, maxLength: 2 }),
    lastTrade: fc.option(trade),
    bids: levels,
    asks: levels,
    lagMs: fc.record({ exchangeToReceive: maybe, receiveToPublish: maybe, total: maybe }),
    changeId: fc.maxSafeNat(),
    lastUpdateMs: fc.option(fc.maxSafeNat()),
    source: fc.record({ topic: fc.string(), partition: fc.nat(), offset: fc.string() }),
  })
  .map((overrides) => liveView(overrides))

/** The expected JSON value of a number of the view. */
function expected(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

describe('the JSON of a book', () => {
  it('never contains NaN, infinity or undefined, and keeps every finite number exactly', async () => {
    const snapshots = new FakeSnapshots()
    const { app } = httpApp({ snapshots })
    await fc.assert(
      fc.asyncProperty(anyView, async (view) => {
        snapshots.books.set(view.instrument, view)
        for (const url of ['/api/v1/snapshots/BTC-PERPETUAL', '/api/v1/snapshots']) {
          const response = await app.inject(url)
          expect(response.statusCode).toBe(200)
          expect(response.body).not.toMatch(/NaN|Infinity|undefined/)
        }
        const response = await app.inject('/api/v1/snapshots/BTC-PERPETUAL')
        const json = response.json<
          Omit<SnapshotView, 'windows'> & {
            imbalance: Record<string, number | null>
            windows: Record<string, WindowNumbers>
          }
        >()
        // `toEqual` distinguishes 0 and -0, JSON does not: compare the parsed text.
        for (const name of ['midPrice', 'spread', 'spreadRatio', 'ageMs', 'changeId'] as const) {
          expect(json[name] === expected(view[name])).toBe(true)
        }
        expect(json.imbalance['10'] === expected(view.imbalances[2] ?? null)).toBe(true)
        for (const name of ['coverage', 'buyVolume', 'tradeCount', 'imbalanceMean'] as const) {
          const [, window] = view.windows
          expect(json.windows['10s']?.[name] === expected(window?.[name] ?? null)).toBe(true)
        }
        const finite = view.bids.filter((level) => level.every(Number.isFinite))
        expect(json.bids).toEqual(finite.map((level) => level.map((number) => number + 0)))
      }),
      { numRuns: 300 },
    )
  })

  it.each([1e-7, 5e-324, 2 ** 31 + 5, Number.MAX_SAFE_INTEGER, 1e21, 0.1, -0.3])(
    'writes %s so that it reads back as itself',
    async (number) => {
      const snapshots = new FakeSnapshots(liveView({ midPrice: number, bids: [[number, number]] }))
      const response = await httpApp({ snapshots }).app.inject('/api/v1/snapshots/BTC-PERPETUAL')
      expect(response.json()).toMatchObject({ midPrice: number, bids: [[number, number]] })
    },
  )
})
