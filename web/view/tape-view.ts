import type { Snapshot } from '../../client/api-client.ts'
import { byId, make, setClass, setText } from './dom.ts'
import { formatNumber, formatTime } from './format.ts'
import { PriceDigits } from './price-digits.ts'

const MAX_TRADES = 12

type Trade = NonNullable<Snapshot['lastTrade']>

/**
 * Newest trade of each update of the page. Several trades within one update are one line; the
 * windows count all of them.
 */
export class TapeView {
  readonly #root = byId('tape', HTMLElement)
  readonly #body = make('tbody')
  readonly #empty = make('p', { class: 'empty', text: 'no trade seen yet' })
  #instrument: string | null = null
  #newest = ''

  constructor() {
    const titles = ['Time', 'Side', 'Price', 'Amount'].map((text) =>
      make('th', { text, attributes: { scope: 'col' } }),
    )
    this.#root.append(
      make('div', {
        class: 'panel-head',
        children: [
          make('h2', { text: 'Trades' }),
          make('p', { class: 'aside', text: 'the latest of each update' }),
        ],
      }),
      make('table', {
        children: [make('thead', { children: [make('tr', { children: titles })] }), this.#body],
      }),
      this.#empty,
    )
  }

  show(name: string | null, book: Snapshot | null): void {
    setClass(this.#root, 'is-absent', book === null)
    if (name !== this.#instrument) {
      this.#instrument = name
      this.#newest = ''
      this.#body.replaceChildren()
    }
    if (book !== null && book.lastTrade !== null) this.#add(book.lastTrade, book)
    this.#empty.hidden = this.#body.childElementCount > 0
  }

  #add(trade: Trade, book: Snapshot): void {
    const key = JSON.stringify(trade)
    if (key === this.#newest) return
    this.#newest = key
    // The oldest row is reused to avoid garbage.
    const isFull = this.#body.childElementCount >= MAX_TRADES
    const row = (isFull ? this.#body.lastElementChild : null) ?? createRow()
    row.className = trade.side
    const texts = [
      formatTime(trade.exchangeTimeMs),
      trade.side,
      formatNumber(trade.price, PriceDigits.of(book)),
      formatNumber(trade.amount, PriceDigits.ofAmounts(book)),
    ]
    ;[...row.children].forEach((cell, index) => setText(cell, texts[index] ?? ''))
    this.#body.prepend(row)
  }
}

function createRow(): HTMLTableRowElement {
  return make('tr', { children: Array.from({ length: 4 }, () => make('td')) })
}
