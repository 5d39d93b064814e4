import { metric } from '../../../prometheus/src/metric-names.ts'
import { series } from '../parts/selector.ts'

/** Of 1. */
export const BASIS_POINTS = 10_000

export const NO_VALUE = 'No live book: its state, above and below, says why'
/** For what core detail does not have. */
export const FULL_ONLY = `${NO_VALUE}. Not there with METRICS_DETAIL=core`

export const bySide = (side: 'bid' | 'ask' | 'buy' | 'sell') => `side="${side}"`

export const byInstrument = (name: string, ...matchers: string[]) =>
  `max by (instrument) (${series(name, ...matchers)})`

/** Of the selected window. */
export const inWindow = (name: string, ...matchers: string[]) =>
  byInstrument(name, 'window=~"$window"', ...matchers)

/** Tick sizes are from producers: selected instances may be consumers, which do not export them. */
export const SPREAD_TICKS = `${byInstrument(metric.spread)}
/ on (instrument)
max by (instrument) (${metric.tickSize}{job=~"$job", instrument=~"$instrument"})`
