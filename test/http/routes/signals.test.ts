import { describe, expect, it } from 'vitest'
import { playSignals } from '../../signals/reference-comparison.ts'
import { simulatedMarket } from '../../signals/simulated-market.ts'
import { FakeSnapshots, httpApp, liveView } from '../fakes.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const AXES = { depths: [1, 10], horizonsMs: [1000, 10_000], windowMs: 3_600_000 }
const PATH = `/api/v1/signals/${INSTRUMENT}`

/** Signals of five minutes of a simulated market. */
function simulatedView() {
  const channel = `book.${INSTRUMENT}.none.10.100ms`
  const market = simulatedMarket({
    seed: 6,
    instrument: INSTRUMENT,
    channels: [channel],
    ratePerSecond: 10,
    signalStrength: 0.7,
  })
  const records = market.run(300_000).map(({ raw, sentMs }) => ({
    instrument: INSTRUMENT,
    isTrades: false,
    raw,
    arrivedMs: sentMs,
  }))
  const view = playSignals(records, AXES).views.at(-1)
  if (view === undefined) throw new Error('no reading')
  return view
}

describe('GET /api/v1/signals/{instrument}', () => {
  it('returns the numbers, and null below 100 effective cases', async () => {
    const snapshots = new FakeSnapshots(liveView())
    const view = simulatedView()
    snapshots.signalViews.set(INSTRUMENT, view)
    const response = await httpApp({ snapshots }).app.inject(PATH)
    expect(response.statusCode).toBe(200)
    const { nextMove, horizons } = view.numbers ?? {}
    const estimate = nextMove?.estimate
    expect(estimate).toBeTruthy()
    const [second, tenSeconds] = horizons ?? []
    const correlation = second?.depths[0]?.correlation
    expect(correlation).toBeTruthy()
    expect(tenSeconds?.depths[0]?.effectiveSamples).toBeLessThan(100)
    expect(response.json()).toMatchObject({
      instrument: INSTRUMENT,
      state: 'live',
      windowMs: AXES.windowMs,
      nextMove: {
        ...nextMove?.counts,
        hitRate: { value: estimate?.value, ...estimate?.interval },
      },
      horizons: {
        '1s': {
          depths: {
            '1': {
              correlation: { value: correlation?.value, ...correlation?.interval },
              slopeBps: second?.depths[0]?.slopeBps,
              calibration: view.calibrations?.[0]?.[0],
            },
          },
          forecasts: { weightedMid: { errorRatio: second?.forecasts[0]?.errorRatio } },
        },
        '10s': {
          depths: {
            '1': { hitRate: null, correlation: null, slopeBps: null, calibration: null },
            '10': { hitRate: null, correlation: null, slopeBps: null, calibration: null },
          },
          forecasts: { weightedMid: { errorRatio: null }, microPrice: { errorRatio: null } },
        },
      },
    })
  })

  it('keeps the counts alone if the book is not live', async () => {
    const snapshots = new FakeSnapshots(liveView())
    const view = simulatedView()
    snapshots.signalViews.set(INSTRUMENT, {
      ...view,
      state: 'stale',
      reason: 'unverified',
      numbers: null,
      calibrations: null,
    })
    expect((await httpApp({ snapshots }).app.inject(PATH)).json()).toMatchObject({
      state: 'stale',
      reason: 'unverified',
      nextMove: { ...view.counts.nextMove, hitRate: null },
      microPrice: null,
      horizons: { '1s': { depths: { '1': { hitRate: null, samples: null, calibration: null } } } },
    })
  })

  it.each([
    ['SIGNALS=false', null],
    ['SIGNALS=auto covers up to 20 instruments', AXES],
  ])('says why signals are off: %s', async (detail, signalAxes) => {
    const snapshots = new FakeSnapshots(liveView())
    snapshots.signalAxes = signalAxes
    const response = await httpApp({ snapshots }).app.inject(PATH)
    expect(response.statusCode).toBe(404)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json<{ detail: string }>().detail).toContain(detail)
  })
})
