import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'

const BY_INSTRUMENT: ReadonlySet<string> = new Set(
  Object.values(catalogue)
    .filter((definition) => 'instrument' in definition.labels)
    .map(({ name }) => name),
)

/** Matchers of the dashboard variables, in the form that the lint requires. */
const PROCESS = ['job=~"$job"', 'instance=~"$instance"']
const INSTRUMENT = 'instrument=~"$instrument"'

/**
 * A selector restricted by the variables: job and instance always, instrument where the metric
 * has that label.
 * @param name of a series; for a histogram with suffix
 * @param matchers further matchers, in PromQL
 */
export function series(name: string, ...matchers: readonly string[]): string {
  const instrument = BY_INSTRUMENT.has(name) ? [INSTRUMENT] : []
  return `${name}{${[...PROCESS, ...instrument, ...matchers].join(', ')}}`
}

/**
 * Seconds since a timestamp, at the time of the scrape. Not below zero: a scrape has the time of its
 * beginning, and the timestamp may be later.
 */
export function age(timestampMetric: string): string {
  const instant = series(timestampMetric)
  return `clamp_min(timestamp(${instant}) - ${instant}, 0)`
}

/** Rate per second, over a window that fits the resolution of the graph. */
export function rate(name: string, ...matchers: readonly string[]): string {
  return `rate(${series(name, ...matchers)}[$__rate_interval])`
}

/**
 * A series recorded by job and instrument, or by job: it covers all processes
 * and has no instance.
 */
export function recorded(name: string): string {
  const instrument = name.startsWith('job_instrument:') ? [INSTRUMENT] : []
  return `${name}{${['job=~"$job"', ...instrument].join(', ')}}`
}

/** Alerts about all processes or all books have no instance or instrument label. */
const ALERTS_IN_VIEW = [
  'alertname=~"OrderBook.+"',
  'job=~"$job"',
  'instance=~"$instance|"',
  'instrument=~"$instrument|"',
]

/** Our firing alerts. */
export function firingAlerts(...matchers: readonly string[]): string {
  return `ALERTS{${['alertstate="firing"', ...ALERTS_IN_VIEW, ...matchers].join(', ')}}`
}

/** Unix time since which an alert is pending or firing. */
export const ALERTS_SINCE = `ALERTS_FOR_STATE{${ALERTS_IN_VIEW.join(', ')}}`

/**
 * Adds the unit of the instrument's amounts as a label, where a producer exports it; without the label
 * otherwise. If several producers export it, one of them is used.
 * @param expr has the label `instrument`
 */
export function withAmountUnit(expr: string): string {
  // From all processes: selected instances may be consumers, which do not export it.
  const unit = `max by (instrument, amount_unit) (${catalogue.instrumentInfo.name}{job=~"$job", ${INSTRUMENT}})`
  return `(
  ${expr}
) * on (instrument) group_left (amount_unit) ${unit}
or
(
  ${expr}
) unless on (instrument) ${unit}`
}

/**
 * A quantile; absent without observations, because NaN would be shown as a missing value.
 * @param q 0 to 1
 * @param by labels kept in addition to `le`
 */
export function quantile(
  q: number,
  histogram: string,
  by: readonly string[],
  ...matchers: readonly string[]
): string {
  const labels = ['le', ...by].join(', ')
  return `histogram_quantile(${q}, sum by (${labels}) (${rate(`${histogram}_bucket`, ...matchers)})) >= 0`
}

/** Mean over the window; absent without observations. */
export function mean(
  histogram: string,
  by: readonly string[],
  ...matchers: readonly string[]
): string {
  const sum = (suffix: string) =>
    `sum by (${by.join(', ')}) (${rate(histogram + suffix, ...matchers)})`
  return `${sum('_sum')} / (${sum('_count')} > 0)`
}
