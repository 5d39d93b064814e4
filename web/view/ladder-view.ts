import type { Snapshot } from '../../client/api-client.ts'
import { byId, make, setClass, setHidden, setText, setVariable } from './dom.ts'
import { formatBasisPoints, formatNumber } from './format.ts'
import { PriceDigits } from './price-digits.ts'

/** Levels per side in the stream. */
const LEVELS = 10

interface LadderRow {
  readonly row: HTMLTableRowElement
  readonly price: HTMLElement
  readonly amount: HTMLElement
  readonly sum: HTMLElement
}

/** Best levels of both sides with cumulative amounts; asks above, bids below. */
export class LadderView {
  readonly #root = byId('ladder', HTMLElement)
  readonly #asks = createRows('ask')
  readonly #bids = createRows('bid')
  readonly #spread = make('td', { attributes: { colspan: '3' } })
  readonly #unit = make('span', { class: 'unit' })

  constructor() {
    const titles = ['Price', 'Amount', 'Sum'].map((text) =>
      make('th', { text, attributes: { scope: 'col' } }),
    )
    const asks = [...this.#asks].reverse().map(({ row }) => row)
    this.#root.append(
      make('div', { class: 'panel-head', children: [make('h2', { text: 'Depth' }), this.#unit] }),
      make('table', {
        children: [
          make('caption', { class: 'hidden', text: 'asks, worst first, then bids, best first' }),
          make('thead', { children: [make('tr', { children: titles })] }),
          make('tbody', { class: 'asks', children: asks }),
          make('tbody', {
            class: 'between',
            children: [make('tr', { children: [this.#spread] })],
          }),
          make('tbody', { class: 'bids', children: this.#bids.map(({ row }) => row) }),
        ],
      }),
    )
  }

  show(book: Snapshot | null): void {
    setClass(this.#root, 'is-absent', book === null)
    const most = book === null ? 1 : Math.max(sumOf(book.bids), sumOf(book.asks), Number.MIN_VALUE)
    const digits = book === null ? 0 : PriceDigits.of(book)
    const amountDigits = book === null ? 0 : PriceDigits.ofAmounts(book)
    const fill = (rows: readonly LadderRow[], levels: readonly number[][]) => {
      let sum = 0
      rows.forEach(({ row, price, amount, sum: total }, index) => {
        const [levelPrice, levelAmount] = levels[index] ?? []
        const exists = levelPrice !== undefined && levelAmount !== undefined
        sum += levelAmount ?? 0
        setText(price, exists ? formatNumber(levelPrice, digits) : '')
        setText(amount, exists ? formatNumber(levelAmount, amountDigits) : '')
        setText(total, exists ? formatNumber(sum, amountDigits) : '')
        setVariable(row, '--depth', exists ? sum / most : 0)
        setVariable(row, '--level', exists ? levelAmount / most : 0)
      })
    }
    fill(this.#asks, book?.asks ?? [])
    fill(this.#bids, book?.bids ?? [])
    setText(
      this.#spread,
      book === null
        ? 'book is not live'
        : `spread ${formatNumber(book.spread, digits)} · ${formatBasisPoints(book.spreadRatio)}`,
    )
    const unit = book?.amountUnit ?? null
    setText(this.#unit, unit ?? '')
    setHidden(this.#unit, unit === null)
  }
}

function createRows(side: 'ask' | 'bid'): LadderRow[] {
  return Array.from({ length: LEVELS }, () => {
    const price = make('td', { class: 'price' })
    const amount = make('td')
    const sum = make('td', { class: 'sum' })
    return { row: make('tr', { class: side, children: [price, amount, sum] }), price, amount, sum }
  })
}

function sumOf(levels: readonly number[][]): number {
  return levels.slice(0, LEVELS).reduce((sum, [, amount = 0]) => sum + amount, 0)
}
