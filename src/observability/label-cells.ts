import { OPEN, type LabelSpec, type LabelsOf, type OpenLabelNames } from './definition.ts'
import { checkLabels, writeLabels } from './label-text.ts'

/** Values of some or all open labels of a definition. */
export type OpenLabels<L extends LabelSpec> = Partial<Pick<LabelsOf<L>, OpenLabelNames<L>>>

interface Entry<L extends LabelSpec, Series> {
  readonly labels: LabelsOf<L>
  readonly text: string
  readonly series: Series
}

export interface LabelledSeriesOptions<L extends LabelSpec> {
  readonly name: string
  readonly labels: L
  /** Whether all values of the closed labels come into being together, each with its first cell. */
  readonly isComplete: boolean
}

/** The bound of the label sets of one metric. */
export interface SeriesLimit {
  readonly maxSeries: number
  /** Called each time that a new label set is asked for and there is no room for it. */
  readonly onDropped: () => void
}

/**
 * The cells of one metric by label values. Open values live until they are removed. At the bound those
 * that are there go on and new ones are left out: they share one cell that nobody sees.
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

  /** The cell of these labels, made when first asked for. @throws Error on a value that is not allowed. */
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

  /** Makes the cells of all closed values for these open ones, so that they are there from the start. */
  start(open: Required<OpenLabels<L>>): void {
    if (this.#entries.size >= this.#bound.maxSeries) return
    this.#complete(open)
  }

  /** Ends all cells with these values. A cell that somebody still holds counts on unseen. */
  remove(open: OpenLabels<L>): void {
    const wanted = Object.entries<unknown>(open)
    for (const [key, { labels }] of this.#entries) {
      const values: Readonly<Record<string, unknown>> = labels
      if (wanted.every(([name, value]) => values[name] === value)) this.#entries.delete(key)
    }
  }

  entries(): Iterable<{ readonly text: string; readonly series: Series }> {
    return this.#entries.values()
  }

  #add(labels: LabelsOf<L>): Series {
    const key = this.#key(labels)
    const known = this.#entries.get(key)
    if (known !== undefined) return known.series
    const series = this.#create()
    // A copy: the caller may go on using its object.
    this.#entries.set(key, {
      labels: { ...labels },
      text: writeLabels(this.#options.labels, labels),
      series,
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
