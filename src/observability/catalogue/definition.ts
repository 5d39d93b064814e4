/** A label whose values are not known from the code, such as instrument and topic names. */
export const OPEN = 'open'

/** Allowed values of each label: a closed list, or `OPEN`. The order is that of the exposition. */
export type LabelSpec = Readonly<Record<string, readonly string[] | typeof OPEN>>

/** Label values that fit a definition; a value outside a closed list is a compile error. */
export type LabelsOf<L extends LabelSpec> = {
  readonly [Name in keyof L]: L[Name] extends readonly (infer Value extends string)[]
    ? Value
    : string
}

/** Names of the labels whose values are open. */
export type OpenLabelNames<L extends LabelSpec> = {
  [Name in keyof L]: L[Name] extends typeof OPEN ? Name : never
}[keyof L]

export type MetricName = `orderbook_${string}`

/**
 * Unit of a metric. `price` and `amount` are the exchange's units, which differ by instrument;
 * null for a plain count or a flag.
 */
export type MetricUnit = 'seconds' | 'bytes' | 'ratio' | 'records' | 'price' | 'amount' | null

/** Role in which a metric exists; the role `all` has both. */
export type MetricRole = 'producer' | 'consumer' | 'both'

interface DefinitionOf<L extends LabelSpec> {
  readonly name: MetricName
  readonly unit: MetricUnit
  readonly labels: L
  /** One phrase of at most 15 words; the unit where the name does not say it. */
  readonly help: string
  /** What a healthy service shows, printed in docs/metrics.md. Optional for market numbers. */
  readonly normal?: string
  readonly role: MetricRole
  /** Market series only: `core` series are also exposed with `METRICS_DETAIL=core`. */
  readonly detail?: 'core' | 'full'
}

export interface CounterDefinition<L extends LabelSpec = LabelSpec> extends DefinitionOf<L> {
  readonly type: 'counter'
  readonly name: `${MetricName}_total`
}

export interface GaugeDefinition<L extends LabelSpec = LabelSpec> extends DefinitionOf<L> {
  readonly type: 'gauge'
}

export interface HistogramDefinition<L extends LabelSpec = LabelSpec> extends DefinitionOf<L> {
  readonly type: 'histogram'
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[]
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition

export function counter<const L extends LabelSpec>(
  definition: Omit<CounterDefinition<L>, 'type'>,
): CounterDefinition<L> {
  return { type: 'counter', ...definition }
}

export function gauge<const L extends LabelSpec>(
  definition: Omit<GaugeDefinition<L>, 'type'>,
): GaugeDefinition<L> {
  return { type: 'gauge', ...definition }
}

export function histogram<const L extends LabelSpec>(
  definition: Omit<HistogramDefinition<L>, 'type'>,
): HistogramDefinition<L> {
  return { type: 'histogram', ...definition }
}
