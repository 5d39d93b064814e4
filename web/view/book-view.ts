import { nearestDepth } from '../data/history.ts'
import type { Reading } from '../data/market.ts'
import { byId, make, setAttribute, setText, setVariable } from './dom.ts'
import {
  ABSENT,
  formatAge,
  formatBasisPoints,
  formatLag,
  formatNumber,
  formatSigned,
  formatTime,
} from './format.ts'
import { PriceDigits } from './price-digits.ts'
import { describeAbsence } from './words.ts'

/** Header of the instrument in focus: mid-price, state and facts. */
export class BookView {
  readonly #root = byId('book-head', HTMLElement)
  readonly #name = make('h2', { attributes: { id: 'focus-name' }, text: 'No instrument' })
  readonly #unit = make('span', { class: 'unit' })
  readonly #state = make('span', { class: 'badge' })
  readonly #why = make('p', { class: 'why', attributes: { role: 'status' } })
  readonly #mid = make('b', { text: ABSENT })
  readonly #facts = new Map<string, HTMLElement>()
  readonly #bar = make('i', { class: 'balance', attributes: { 'aria-hidden': 'true' } })

  constructor() {
    const facts = make('dl', { class: 'facts' })
    const names = ['weighted mid', 'spread', 'imbalance', 'age', 'total lag']
    for (const name of names) {
      const value = make('dd', { text: ABSENT })
      this.#facts.set(name, value)
      const children = name === 'imbalance' ? [this.#bar] : []
      facts.append(make('div', { children: [make('dt', { text: name }), value, ...children] }))
    }
    this.#root.append(
      make('div', { class: 'who', children: [this.#name, this.#state, this.#unit] }),
      make('p', {
        class: 'mid',
        children: [make('span', { class: 'hidden', text: 'mid-price ' }), this.#mid],
      }),
      facts,
      this.#why,
    )
  }

  show(name: string | null, reading: Reading | null): void {
    setText(this.#name, name ?? 'No instrument')
    if (reading === null) {
      setAttribute(this.#root, 'data-state', 'unknown')
      return
    }
    if (!reading.isLive) {
      this.#showAbsent(reading)
      return
    }
    const { book, eventAgeMs } = reading
    const digits = PriceDigits.of(book)
    setAttribute(this.#root, 'data-state', 'live')
    setText(this.#state, 'live')
    setText(this.#why, '')
    setText(this.#unit, book.amountUnit === null ? '' : `amounts in ${book.amountUnit}`)
    setText(this.#mid, formatNumber(book.midPrice, digits + 1))
    const balance = book.imbalance[nearestDepth(book)] ?? null
    this.#set('weighted mid', formatNumber(book.weightedMidPrice, digits + 2))
    this.#set(
      'spread',
      `${formatNumber(book.spread, digits)} · ${formatBasisPoints(book.spreadRatio)}`,
    )
    this.#set('imbalance', formatSigned(balance, 2))
    setVariable(this.#bar, '--balance', balance ?? 0)
    this.#set('age', formatAge(book.ageMs === null ? null : book.ageMs + eventAgeMs))
    this.#set('total lag', formatLag(book.lagMs.total))
  }

  #showAbsent(reading: Extract<Reading, { isLive: false }>): void {
    const { label, why } = describeAbsence(reading.state, reading.reason)
    setAttribute(this.#root, 'data-state', reading.state)
    setText(this.#state, label)
    // Screen readers announce each change: a fixed time is used instead of counting seconds.
    const since = reading.sinceMs === null ? '' : `, since ${formatTime(reading.sinceMs)}`
    setText(this.#why, `No value is shown: ${why}${since}.`)
    setText(this.#mid, ABSENT)
    for (const value of this.#facts.values()) setText(value, ABSENT)
    setVariable(this.#bar, '--balance', 0)
  }

  #set(name: string, text: string): void {
    const value = this.#facts.get(name)
    if (value !== undefined) setText(value, text)
  }
}
