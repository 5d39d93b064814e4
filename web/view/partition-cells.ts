import type { Pipeline } from '../../client/api-client.ts'
import { make, setAttribute, setText, setVariable } from './dom.ts'
import { formatSpan } from './format.ts'

type Partition = NonNullable<Pipeline['partitions']>[number]

/** More partitions than these are summarised as text. */
const MAX_CELLS = 32

/** One cell per partition, filled by its lag. */
export class PartitionCells {
  readonly element = make('ul', { class: 'cells', attributes: { 'aria-label': 'partitions' } })
  readonly #cells: HTMLLIElement[] = []

  show(partitions: readonly Partition[] | null): void {
    const shown = (partitions ?? []).slice(0, MAX_CELLS)
    while (this.#cells.length > shown.length) this.#cells.pop()?.remove()
    while (this.#cells.length < shown.length) {
      const cell = make('li', { children: [make('span', { class: 'hidden' })] })
      this.#cells.push(cell)
      this.element.append(cell)
    }
    shown.forEach(({ topic, partition, lagRecords, lagSeconds }, index) => {
      const cell = this.#cells[index]
      if (cell === undefined) return
      const words =
        lagRecords === null
          ? `${topic} ${partition}: lag unknown`
          : `${topic} ${partition}: ${lagRecords} records${timeOf(lagSeconds)} behind`
      setAttribute(cell, 'title', words)
      setAttribute(cell, 'data-mood', levelOf(lagSeconds))
      // Logarithmic: one record is visible, and so is the difference between a thousand and a
      // million.
      setVariable(cell, '--fill', Math.min(1, Math.log10(1 + (lagRecords ?? 0)) / 5))
      if (cell.firstElementChild !== null) setText(cell.firstElementChild, words)
    })
  }
}

function timeOf(lagSeconds: number | null): string {
  if (lagSeconds === null) return ', for an unknown time,'
  return lagSeconds === 0 ? '' : `, ${formatSpan(lagSeconds * 1000)}`
}

function levelOf(lagSeconds: number | null): string {
  if (lagSeconds === null) return 'unknown'
  return lagSeconds >= 5 ? 'bad' : lagSeconds >= 1 ? 'odd' : 'good'
}
