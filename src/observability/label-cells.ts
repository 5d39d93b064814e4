import { OPEN, type LabelSpec, type LabelsOf, type OpenLabelNames } from './definition.ts'
import { checkLabels, writeLabels } from './label-text.ts'

/** Values of some or all open labels of a definition. */
export type OpenLabels<L extends LabelSpec> = Partial<Pick<LabelsOf<L>, OpenLabelNames<L>>>

interface Entry<L extends LabelSpec, Cell> {
  readonly labels: LabelsOf<L>
  readonly text: string
  readonly cell: Cell
}

export interface LabelCellsOptions<L extends LabelSpec> {
  readonly name: string
  readonly labels: L
  /** Whether all values of the closed labels come into being together, each with its first cell. */
  readonly isComplete: boolean
}

/** The bound of the label sets of one metric. */
export interface CellBound {
  readonly maxCells: number
  /** Called each time that a new label set is asked for and there is no room for it. */
  readonly onLeftOut: () => void
}

/**
 * The cells of one metric by label values. Open values live until they are removed. At the bound those
 * that are there go on and new ones are left out: they share one cell that nobody sees.
 */
export class LabelCells<L extends LabelSpec, Cell> {
  readonly #options: LabelCellsOptions<L>
  readonly #create: () => Cell
  readonly #bound: CellBound
  readonly #names: readonly string[]
  readonly #entries = new Map<string, Entry<L, Cell>>()

  #unseen: Cell | undefined

  constructor(options: LabelCellsOptions<L>, bound: CellBound, create: () => Cell) {
    this.#options = options
    this.#bound = bound
    this.#create = create
    this.#names = Object.keys(options.labels)
    const hasOpen = Object.values(options.labels).includes(OPEN)
    if (options.isComplete && !hasOpen) this.#complete({})
  }

  /** The cell of these labels, made when first asked for. @throws Error on a value that is not allowed. */
  cell(labels: LabelsOf<L>): Cell {
    const known = this.#entries.get(this.#key(labels))
    if (known !== undefined) return known.cell
    checkLabels(this.#options.name, this.#options.labels, labels)
    if (this.#entries.size >= this.#bound.maxCells) {
      this.#bound.onLeftOut()
      return (this.#unseen ??= this.#create())
    }
    if (this.#options.isComplete) this.#complete(labels)
    return this.#add(labels)
  }

  /** Makes the cells of all closed values for these open ones, so that they are there from the start. */
  start(open: Required<OpenLabels<L>>): void {
    if (this.#entries.size >= this.#bound.maxCells) return
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

  entries(): Iterable<{ readonly text: string; readonly cell: Cell }> {
    return this.#entries.values()
  }

  #add(labels: LabelsOf<L>): Cell {
    const key = this.#key(labels)
    const known = this.#entries.get(key)
    if (known !== undefined) return known.cell
    const cell = this.#create()
    // A copy: the caller may go on using its object.
    this.#entries.set(key, {
      labels: { ...labels },
      text: writeLabels(this.#options.labels, labels),
      cell,
    })
    return cell
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
