import {
  HORIZON_OUTCOMES,
  NEXT_MOVE_OUTCOMES,
  SIGNAL_STRENGTHS,
  type SignalAxes,
  type SignalCounts,
  type SignalNumbers,
} from '../model/signals.ts'
import { windowName } from '../model/snapshot.ts'
import * as catalogue from '../observability/catalogue/signals.ts'
import type { SampleWriter } from '../observability/metrics/collector.ts'
import type { SignalReading } from './books/signals.ts'

const BPS = 10_000
/** Below this number of samples even the number of samples has no series. */
const MIN_SAMPLES = 100

/** Families of one instrument, at most 90 series. */
export const SIGNAL_FAMILIES = [
  catalogue.signalNextMove,
  catalogue.signalOutcomes,
  catalogue.signalCorrelation,
  catalogue.signalSlopeBps,
  catalogue.signalSamples,
  catalogue.microPrice,
  catalogue.forecastErrorRatio,
  catalogue.tradeAmount,
  catalogue.trades,
  catalogue.effectiveSpreadRatio,
  catalogue.markPrice,
  catalogue.indexPrice,
  catalogue.basisRatio,
]

type SignalWriter = (writer: SampleWriter, instrument: string, signals: SignalReading) => void

/** Creates the function that writes the series of one instrument: counters always, gauges if live. */
export function createSignalWriter(axes: SignalAxes): SignalWriter {
  const horizons = axes.horizonsMs.map(windowName)
  const depths = axes.depths.map(String)
  return (writer, instrument, { counts, numbers }) => {
    writeCounts(writer, instrument, counts, horizons, depths)
    if (numbers === null) return
    writeNumbers(writer, instrument, numbers, horizons)
    writeTrades(writer, instrument, numbers)
  }
}

function writeCounts(
  writer: SampleWriter,
  instrument: string,
  { nextMove, outcomes, trades }: SignalCounts,
  horizons: readonly string[],
  depths: readonly string[],
): void {
  for (const outcome of NEXT_MOVE_OUTCOMES) {
    writer.write(catalogue.signalNextMove, { instrument, outcome }, nextMove[outcome])
  }
  for (const [h, horizon] of horizons.entries()) {
    for (const [d, depth] of depths.entries()) {
      for (const [s, strength] of SIGNAL_STRENGTHS.entries()) {
        for (const [o, outcome] of HORIZON_OUTCOMES.entries()) {
          const labels = { instrument, depth, horizon, strength, outcome }
          writer.write(catalogue.signalOutcomes, labels, outcomes[h]?.[d]?.[s]?.[o] ?? 0)
        }
      }
    }
  }
  for (const side of ['buy', 'sell'] as const) {
    writer.write(catalogue.trades, { instrument, side }, trades[side].count)
    writer.write(catalogue.tradeAmount, { instrument, side }, trades[side].amount)
  }
}

function writeNumbers(
  writer: SampleWriter,
  instrument: string,
  numbers: SignalNumbers,
  horizons: readonly string[],
): void {
  for (const [index, horizon] of horizons.entries()) {
    const { depths = [], forecasts = [] } = numbers.horizons[index] ?? {}
    for (const { depth, samples, correlation, slopeBps } of depths) {
      const labels = { instrument, depth: String(depth), horizon }
      if (samples >= MIN_SAMPLES) writer.write(catalogue.signalSamples, labels, samples)
      if (correlation !== null) {
        writer.write(catalogue.signalCorrelation, labels, correlation.value)
      }
      if (slopeBps !== null) writer.write(catalogue.signalSlopeBps, labels, slopeBps)
    }
    for (const { predictor, errorRatio } of forecasts) {
      if (errorRatio === null) continue
      writer.write(catalogue.forecastErrorRatio, { instrument, predictor, horizon }, errorRatio)
    }
  }
  if (numbers.microPrice !== null) {
    writer.write(catalogue.microPrice, { instrument }, numbers.microPrice)
  }
}

function writeTrades(writer: SampleWriter, instrument: string, { trades }: SignalNumbers): void {
  const { effectiveSpreadBps } = trades
  const gauges = [
    [catalogue.effectiveSpreadRatio, effectiveSpreadBps === null ? null : effectiveSpreadBps / BPS],
    [catalogue.markPrice, trades.markPrice],
    [catalogue.indexPrice, trades.indexPrice],
    [catalogue.basisRatio, trades.basisRatio],
  ] as const
  for (const [gauge, value] of gauges)
    if (value !== null) writer.write(gauge, { instrument }, value)
}
