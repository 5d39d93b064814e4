import { describe, expect, it } from 'vitest'
import type { Signals } from '../../client/api-client.ts'
import { SignalAnswer } from '../../web/data/signal-answer.ts'
import { calibrationOf, signalRows } from '../../web/data/signal-rows.ts'

const RATE = { value: 0.6, low: 0.5, high: 0.7 }
const forecast = (errorRatio: number | null) => ({ samples: 1, effectiveSamples: 1, errorRatio })
const decile = (imbalanceMean: number, returnMeanBps: number) => ({
  samples: 10,
  imbalanceFrom: imbalanceMean,
  imbalanceTo: imbalanceMean,
  imbalanceMean,
  returnMeanBps,
})

function answer(
  ratios: { weightedMid: number | null; microPrice: number | null },
  hitRate: typeof RATE | null = RATE,
  calibration: ReturnType<typeof decile>[] | null = null,
): Signals {
  const depth = {
    effectiveCases: 40.5,
    hitRate,
    strengths: {},
    samples: 1,
    effectiveSamples: 1,
    correlation: null,
    slopeBps: null,
    calibration,
  }
  return {
    instrument: 'BTC-PERPETUAL',
    state: 'live',
    reason: null,
    sinceMs: 1,
    windowMs: 60_000,
    nextMove: { hit: 90, miss: 60, neutral: 1, effectiveCases: 150, hitRate: RATE },
    microPrice: null,
    horizons: {
      '10s': {
        depths: { '1': depth, '10': { ...depth, hitRate: null, calibration: null } },
        forecasts: {
          weightedMid: forecast(ratios.weightedMid),
          microPrice: forecast(ratios.microPrice),
        },
        realizedSpreadBps: null,
        realizedTrades: 0,
      },
    },
    trades: {
      buy: { count: 0, amount: 0 },
      sell: { count: 0, amount: 0 },
      effectiveTrades: 0,
      effectiveSpreadBps: null,
      markPrice: null,
      indexPrice: null,
      basisRatio: null,
    },
  }
}

describe('the signals on the page', () => {
  it('are the hit rates of the best level, the next move first', () => {
    expect(signalRows(answer({ weightedMid: 0.9, microPrice: null }))).toEqual([
      { name: 'next move', cases: 150, hitRate: RATE, best: null },
      { name: '10s', cases: 40.5, hitRate: RATE, best: 'weighted mid' },
    ])
  })

  it.each([
    [{ weightedMid: 0.9, microPrice: 0.8 }, 'micro-price'],
    [{ weightedMid: 0.9, microPrice: 0.95 }, 'weighted mid'],
    [{ weightedMid: 1.2, microPrice: 1.1 }, 'mid-price'],
    [{ weightedMid: 1.2, microPrice: null }, 'mid-price'],
    [{ weightedMid: null, microPrice: null }, null],
  ])('name the forecast with the smallest error of %j: %s', (ratios, best) => {
    expect(signalRows(answer(ratios))[1]?.best).toBe(best)
  })

  it('have no value where the service has none', () => {
    const signals = answer({ weightedMid: null, microPrice: null }, null)
    expect(signalRows(signals)[1]?.hitRate).toBeNull()
    expect(calibrationOf(signals)).toBeNull()
  })

  it('have the calibration of the best level at the shortest horizon', () => {
    const deciles = [decile(-0.5, -0.2), decile(0.5, 0.3)]
    expect(calibrationOf(answer({ weightedMid: 1, microPrice: 1 }, RATE, deciles))).toEqual({
      horizon: '10s',
      points: [
        { imbalance: -0.5, returnBps: -0.2 },
        { imbalance: 0.5, returnBps: 0.3 },
      ],
    })
  })

  it('are not shown for another instrument, when too old, or when off', () => {
    const newest = new SignalAnswer()
    const signals = answer({ weightedMid: 1, microPrice: 1 })
    newest.receive('BTC-PERPETUAL', signals, 1000)
    expect(newest.read('BTC-PERPETUAL', 16_000)).toBe(signals)
    expect(newest.read('BTC-PERPETUAL', 16_001)).toBeNull()
    expect(newest.read('ETH-PERPETUAL', 1000)).toBeNull()
    expect(newest.isOff).toBe(false)
    newest.receive('BTC-PERPETUAL', null, 2000)
    expect(newest.read('BTC-PERPETUAL', 2000)).toBeNull()
    expect(newest.isOff).toBe(true)
  })
})
