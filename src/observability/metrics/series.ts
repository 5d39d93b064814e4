import {
  type CounterDefinition,
  type LabelsOf,
  type LabelSpec,
  OPEN,
  type OpenLabelNames,
} from '../catalogue/definition.ts'

/** Values of some or all open labels of a definition. */
export type OpenLabels<L extends LabelSpec> = Partial<Pick<LabelsOf<L>, OpenLabelNames<L>>>

interface Entry<L extends LabelSpec, Series> {
  readonly labels: LabelsOf<L>
  readonly text: string
  readonly series: Series
  /** Epoch ms at which it began to count; null where it is not exposed. */
  readonly createdMs: number | null
}

export interface LabelledSeriesOptions<L extends LabelSpec> {
  readonly name: string
  readonly labels: L
  /** Whether the series of all values of the closed labels are created together. */
  readonly isComplete: boolean
}

/** Limit of the label sets of one metric. */
export interface SeriesLimit {
  readonly maxSeries: number
  /** Called each time that a new label set is dropped because the limit is reached. */
  readonly onDropped: () => void
  /** Clock for the creation times of series, epoch ms; null: they are not exposed. */
  readonly nowMs: (() => number) | null
}

/**
 * Holds the series of one metric by label values. Series with open values exist until they are
 * removed. At the limit existing series continue; new ones are dropped and share one series that
 * is not exposed.
 */
export class LabelledSeries<L extends LabelSpec, Series> {
  readonly #options: LabelledSeriesOptions<L>
  readonly #create: () => Series
  readonly #bound: SeriesLimit
  readonly #names: readonly string[]
  readonly #entries = new Map<string, Entry<L, Series>>()

  #unseen: Series | undefined

  constructor(options: LabelledSeriesOptions<L>, bound: SeriesLimit, create: () => Series) {
    this.#options = options
    this.#bound = bound
    this.#create = create
    this.#names = Object.keys(options.labels)
    const hasOpen = Object.values(options.labels).includes(OPEN)
    if (options.isComplete && !hasOpen) this.#complete({})
  }

  /**
   * Returns the series of these labels; creates it on first use.
   * @throws Error on a value that is not allowed
   */
  series(labels: LabelsOf<L>): Series {
    const known = this.#entries.get(this.#key(labels))
    if (known !== undefined) return known.series
    checkLabels(this.#options.name, this.#options.labels, labels)
    if (this.#entries.size >= this.#bound.maxSeries) {
      this.#bound.onDropped()
      return (this.#unseen ??= this.#create())
    }
    if (this.#options.isComplete) this.#complete(labels)
    return this.#add(labels)
  }

  /**
   * Creates the series of all closed values for these open ones, so that they are exposed from the
   * start.
   */
  start(open: Required<OpenLabels<L>>): void {
    if (this.#entries.size >= this.#bound.maxSeries) return
    this.#complete(open)
  }

  /**
   * Removes all series with these values. A series that a caller still holds counts on, but is not
   * exposed.
   */
  remove(open: OpenLabels<L>): void {
    const wanted = Object.entries<unknown>(open)
    for (const [key, { labels }] of this.#entries) {
      const values: Readonly<Record<string, unknown>> = labels
      if (wanted.every(([name, value]) => values[name] === value)) this.#entries.delete(key)
    }
  }

  entries(): Iterable<Pick<Entry<L, Series>, 'text' | 'series' | 'createdMs'>> {
    return this.#entries.values()
  }

  #add(labels: LabelsOf<L>): Series {
    const key = this.#key(labels)
    const known = this.#entries.get(key)
    if (known !== undefined) return known.series
    const series = this.#create()
    // Copied, because the caller may change its object.
    this.#entries.set(key, {
      labels: { ...labels },
      text: writeLabels(this.#options.labels, labels),
      series,
      createdMs: this.#bound.nowMs?.() ?? null,
    })
    return series
  }

  #complete(given: Readonly<Partial<Record<string, string>>>): void {
    let combinations: Record<string, string>[] = [{}]
    for (const name of this.#names) {
      const allowed = this.#options.labels[name]
      const values = allowed === undefined || allowed === OPEN ? [given[name] ?? ''] : allowed
      combinations = combinations.flatMap((labels) =>
        values.map((value) => ({ ...labels, [name]: value })),
      )
    }
    for (const labels of combinations) this.#add(labels as LabelsOf<L>)
  }

  #key(labels: LabelsOf<L>): string {
    const values: Readonly<Record<string, string>> = labels
    let key = ''
    for (const name of this.#names) key += `${values[name] ?? ''}\u0000`
    return key
  }
}

/** One series of a counter: a plain number, so that counting is cheap. */
export class CounterSeries {
  value = 0

  /** Adds `n`, which must not be negative. */
  add(n = 1): void {
    this.value += n
  }
}

/**
 * A counter of the catalogue. The series of all values of its closed labels start together, at 0.
 */
export class Counter<L extends LabelSpec = LabelSpec> extends LabelledSeries<L, CounterSeries> {
  readonly definition: CounterDefinition<L>

  constructor(definition: CounterDefinition<L>, bound: SeriesLimit) {
    const { name, labels } = definition
    super({ name, labels, isComplete: true }, bound, () => new CounterSeries())
    this.definition = definition
  }
}

const NEEDS_ESCAPE = /[\\"\n]/

/** Escapes a label value as both exposition formats require between quotes. */
export function escapeLabelValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** Formats labels as `a="x",b="y"` in the order of the definition; empty without labels. */
export function writeLabels<L extends LabelSpec>(spec: L, labels: LabelsOf<L>): string {
  let text = ''
  for (const name in spec) {
    if (text !== '') text += ','
    text += `${name}="${escapeLabelValue(labels[name])}"`
  }
  return text
}

/**
 * Validates label values.
 * @throws Error if a value is missing, not a string, or not in its closed list
 */
function checkLabels<L extends LabelSpec>(name: string, spec: L, labels: LabelsOf<L>): void {
  for (const label in spec) {
    const value: unknown = labels[label]
    const allowed = spec[label]
    if (typeof value !== 'string') throw new Error(`${name}: label ${label} has no value`)
    if (allowed !== OPEN && allowed?.includes(value) !== true) {
      throw new Error(`${name}: label ${label} cannot be ${value}`)
    }
  }
}
