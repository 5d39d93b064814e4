import {
  type BandNumbers,
  type BookNumbers,
  type DetailNumbers,
  type InstrumentView,
  type NumberAxes,
  windowName,
  type WindowNumbers,
} from '../model/snapshot.ts'
import type { SignalAxes } from '../model/signals.ts'
import { BOOK_STATES, type BookState } from '../model/status.ts'
import * as catalogue from '../observability/catalogue/catalogue.ts'
import { type Detail, isFullDetail, type SampleWriter } from '../observability/metrics/collector.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import type { SignalReading } from './books/signals.ts'
import { createSignalWriter, SIGNAL_FAMILIES } from './signal-collector.ts'

/** State and numbers of one book at one time. */
export interface BookReading {
  readonly view: InstrumentView
  /** Partition that has its records. */
  readonly partition: number
  /** null if the book is not live. */
  readonly numbers: BookNumbers | null
  /** null if the book is not live, or detail was not requested. */
  readonly detail: DetailNumbers | null
  /** null if signals are off. */
  readonly signals: SignalReading | null
}

/** All books, as read for the metrics. */
export interface ReadableBooks extends NumberAxes {
  readonly size: number
  /** Number of books in each state now; every state has an entry. */
  countByState(): Record<BookState, number>
  /** null if signals are never measured. */
  readonly signalAxes: SignalAxes | null
  /**
   * State of every book, and its numbers if it is live, both evaluated when the book is read. Other
   * code may run between two books.
   */
  readings(options: { isFull: boolean }): Iterable<BookReading>
}

export interface ExposeOptions {
  detail: Detail
}

const CORE = [
  catalogue.up,
  catalogue.state,
  catalogue.lastVerifiedTimestamp,
  catalogue.lastUpdateTimestamp,
  catalogue.updates,
  catalogue.midPrice,
  catalogue.spreadRatio,
  catalogue.imbalanceRatio,
  catalogue.stateSinceTimestamp,
]

const DETAIL = [
  catalogue.weightedMidPrice,
  catalogue.spread,
  catalogue.bestPrice,
  catalogue.bestAmount,
  catalogue.partition,
  catalogue.depthAmount,
  catalogue.depthImbalanceRatio,
  catalogue.orderFlowImbalanceAmount,
  catalogue.orderFlowImbalanceRatio,
  catalogue.tradeFlowImbalanceRatio,
  catalogue.realizedVolatilityRatio,
  catalogue.imbalanceWindowRatio,
  catalogue.windowCoverageRatio,
]

/** Label values of the lists of numbers, in their order. */
interface AxisLabels {
  readonly depths: readonly string[]
  readonly bands: readonly string[]
  readonly windows: readonly string[]
}

function labelAxes({ imbalanceDepths, bandsBps, windowsMs }: NumberAxes): AxisLabels {
  return {
    depths: imbalanceDepths.map(String),
    bands: bandsBps.map(String),
    windows: windowsMs.map(windowName),
  }
}

/**
 * Registers the market series, read from the books at each scrape. A book that is not live has no
 * value series. All series of one instrument are written between two yields, so they are
 * consistent.
 */
export function exposeBooks(
  registry: MetricRegistry,
  books: ReadableBooks,
  options: ExposeOptions,
): void {
  const axes = labelAxes(books)
  const { signalAxes } = books
  const writeSignals = signalAxes === null ? null : createSignalWriter(signalAxes)
  const families = [...CORE, ...DETAIL, ...(writeSignals === null ? [] : SIGNAL_FAMILIES)]
  registry.family(families, function* (writer) {
    const isFull = isFullDetail(options.detail, books.size)
    for (const { view, partition, numbers, detail, signals } of books.readings({ isFull })) {
      writeState(writer, view, isFull)
      if (numbers !== null) writeValues(writer, view.instrument, numbers, axes.depths)
      if (isFull) {
        writer.write(catalogue.partition, { instrument: view.instrument }, partition)
        if (numbers !== null) writeTop(writer, view.instrument, numbers)
      }
      if (detail !== null) writeDetail(writer, view.instrument, detail, axes)
      if (signals !== null) writeSignals?.(writer, view.instrument, signals)
      yield
    }
  })
  registry.gauge(catalogue.instruments, () => {
    const counts = books.countByState()
    return BOOK_STATES.map((state) => ({ labels: { state }, value: counts[state] }))
  })
}

function writeState(writer: SampleWriter, view: InstrumentView, isFull: boolean): void {
  const { instrument, state, reason, sinceMs, verifiedTimeMs, lastUpdateMs, updatesTotal } = view
  const labels = { instrument }
  writer.write(catalogue.up, labels, state === 'live' ? 1 : 0)
  writer.write(catalogue.state, { instrument, state, reason: reason ?? '' }, 1)
  // With core detail only for books that are not live: their value series are absent, so the number
  // of
  // series does not grow.
  if (isFull || state !== 'live') {
    writer.write(catalogue.stateSinceTimestamp, labels, sinceMs / 1000)
  }
  if (verifiedTimeMs !== null) {
    writer.write(catalogue.lastVerifiedTimestamp, labels, verifiedTimeMs / 1000)
  }
  if (lastUpdateMs !== null)
    writer.write(catalogue.lastUpdateTimestamp, labels, lastUpdateMs / 1000)
  writer.write(catalogue.updates, labels, updatesTotal)
}

function writeValues(
  writer: SampleWriter,
  instrument: string,
  numbers: BookNumbers,
  depths: readonly string[],
): void {
  const { midPrice, spreadRatio, imbalances } = numbers
  if (midPrice !== null) writer.write(catalogue.midPrice, { instrument }, midPrice)
  if (spreadRatio !== null) writer.write(catalogue.spreadRatio, { instrument }, spreadRatio)
  for (const [index, depth] of depths.entries()) {
    const value = imbalances[index] ?? null
    if (value !== null) writer.write(catalogue.imbalanceRatio, { instrument, depth }, value)
  }
}

function writeTop(writer: SampleWriter, instrument: string, numbers: BookNumbers): void {
  const { weightedMidPrice, spread, bestBid, bestAsk } = numbers
  if (weightedMidPrice !== null) {
    writer.write(catalogue.weightedMidPrice, { instrument }, weightedMidPrice)
  }
  if (spread !== null) writer.write(catalogue.spread, { instrument }, spread)
  for (const [side, best] of [['bid', bestBid] as const, ['ask', bestAsk] as const]) {
    if (best === null) continue
    writer.write(catalogue.bestPrice, { instrument, side }, best.price)
    writer.write(catalogue.bestAmount, { instrument, side }, best.amount)
  }
}

function writeDetail(
  writer: SampleWriter,
  instrument: string,
  { bands, windows }: DetailNumbers,
  axes: AxisLabels,
): void {
  for (const [index, band] of axes.bands.entries()) {
    const numbers = bands[index]
    if (numbers !== undefined) writeBand(writer, instrument, band, numbers)
  }
  for (const [index, window] of axes.windows.entries()) {
    const numbers = windows[index]
    if (numbers !== undefined) writeWindow(writer, instrument, window, numbers)
  }
}

function writeBand(
  writer: SampleWriter,
  instrument: string,
  band_bps: string,
  { bid, ask, imbalance }: BandNumbers,
): void {
  if (bid !== null) writer.write(catalogue.depthAmount, { instrument, side: 'bid', band_bps }, bid)
  if (ask !== null) writer.write(catalogue.depthAmount, { instrument, side: 'ask', band_bps }, ask)
  if (imbalance === null) return
  writer.write(catalogue.depthImbalanceRatio, { instrument, band_bps }, imbalance)
}

function writeWindow(
  writer: SampleWriter,
  instrument: string,
  window: string,
  numbers: WindowNumbers,
): void {
  const labels = { instrument, window }
  const gauges = [
    [catalogue.windowCoverageRatio, numbers.coverage],
    [catalogue.orderFlowImbalanceAmount, numbers.orderFlowImbalance],
    [catalogue.orderFlowImbalanceRatio, numbers.orderFlowImbalanceRatio],
    [catalogue.tradeFlowImbalanceRatio, numbers.tradeFlowImbalance],
    [catalogue.realizedVolatilityRatio, numbers.realizedVolatility],
  ] as const
  for (const [gauge, value] of gauges) if (value !== null) writer.write(gauge, labels, value)
  const stats = [
    ['min', numbers.imbalanceMin],
    ['max', numbers.imbalanceMax],
    ['mean', numbers.imbalanceMean],
  ] as const
  for (const [stat, value] of stats) {
    if (value !== null) writer.write(catalogue.imbalanceWindowRatio, { ...labels, stat }, value)
  }
}
