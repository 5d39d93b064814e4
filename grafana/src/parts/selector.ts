import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'

const BY_INSTRUMENT: ReadonlySet<string> = new Set(
  Object.values(catalogue)
    .filter((definition) => 'instrument' in definition.labels)
    .map(({ name }) => name),
)

/** As the variables stand at the top of each dashboard; the lint wants them written exactly so. */
const PROCESS = ['job=~"$job"', 'instance=~"$instance"']
const INSTRUMENT = 'instrument=~"$instrument"'

/**
 * A selector that the variables narrow: by job and instance always, by instrument where the metric
 * has that label.
 * @param name of a series: of a histogram with its suffix
 * @param matchers further ones, as in PromQL
 */
export function series(name: string, ...matchers: readonly string[]): string {
  const instrument = BY_INSTRUMENT.has(name) ? [INSTRUMENT] : []
  return `${name}{${[...PROCESS, ...instrument, ...matchers].join(', ')}}`
}

/**
 * Seconds since an instant, as they were at the scrape. Not below zero: a scrape has the time of its
 * beginning, and an instant may be later than that.
 */
export function age(timestampMetric: string): string {
  const instant = series(timestampMetric)
  return `clamp_min(timestamp(${instant}) - ${instant}, 0)`
}

/** Per second, over a window that fits the resolution of the graph. */
export function rate(name: string, ...matchers: readonly string[]): string {
  return `rate(${series(name, ...matchers)}[$__rate_interval])`
}

/**
 * A series that a rule records by job and instrument, or by job alone: it stands for all processes
 * together and has no instance.
 */
export function recorded(name: string): string {
  const instrument = name.startsWith('job_instrument:') ? [INSTRUMENT] : []
  return `${name}{${['job=~"$job"', ...instrument].join(', ')}}`
}

/** Our alerts that fire; those about all processes or all books have no such label. */
export const FIRING_ALERTS = `ALERTS{${[
  'alertname=~"OrderBook.+"',
  'alertstate="firing"',
  'job=~"$job"',
  'instance=~"$instance|"',
  'instrument=~"$instrument|"',
].join(', ')}}`

/**
 * With the unit of the instrument's amounts as a label, where a producer says it; without that label
 * where none does, as amounts are true all the same. Two producers may say it: one of them counts.
 * @param expr has the label `instrument`
 */
export function withAmountUnit(expr: string): string {
  // Of all processes: the instances that are chosen may be consumers, which do not know it.
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
 * Without a value where nothing was counted: that would be not a number, and shown as one that is missing.
 * @param q 0 to 1
 * @param by labels that stay beside `le`
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

/** Mean over the window; silence gives none. */
export function mean(
  histogram: string,
  by: readonly string[],
  ...matchers: readonly string[]
): string {
  const sum = (suffix: string) =>
    `sum by (${by.join(', ')}) (${rate(histogram + suffix, ...matchers)})`
  return `${sum('_sum')} / (${sum('_count')} > 0)`
}
