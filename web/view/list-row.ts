import { nearestDepth } from '../data/history.ts'
import type { Reading } from '../data/market.ts'
import { make, setAttribute, setText, setVariable } from './dom.ts'
import { ABSENT, formatAge, formatBasisPoints, formatNumber, formatSpan } from './format.ts'
import { PriceDigits } from './price-digits.ts'
import { describeAbsence } from './words.ts'

let count = 0

/** One row of the list; which instrument it shows changes as the list scrolls. */
export class ListRow {
  readonly #name = make('span', { class: 'name' })
  readonly #mid = make('span', { class: 'mid' })
  readonly #state = make('span', { class: 'state' })
  readonly #why = make('span', { class: 'why' })
  readonly #spread = make('span', { class: 'spread' })
  readonly #age = make('span', { class: 'age' })
  readonly #bar = make('i', { class: 'balance', attributes: { 'aria-hidden': 'true' } })
  readonly #balance = make('span', { class: 'hidden' })
  readonly element = make('div', {
    class: 'row',
    attributes: { role: 'option', id: `row-${count++}` },
    children: [
      make('span', { class: 'first', children: [this.#name, this.#mid] }),
      make('span', {
        class: 'second',
        children: [this.#state, this.#why, this.#spread, this.#bar, this.#balance, this.#age],
      }),
    ],
  })
  #top = -1

  place(topPx: number, position: number, size: number): void {
    if (this.#top !== topPx) {
      this.#top = topPx
      this.element.style.transform = `translateY(${topPx}px)`
      setAttribute(this.element, 'aria-posinset', String(position))
    }
    setAttribute(this.element, 'aria-setsize', String(size))
  }

  show(name: string, reading: Reading, isSelected: boolean): void {
    setAttribute(this.element, 'data-name', name)
    setAttribute(this.element, 'aria-selected', String(isSelected))
    setText(this.#name, name)
    if (reading.isLive) {
      const { book, eventAgeMs } = reading
      const balance = book.imbalance[nearestDepth(book)] ?? null
      setAttribute(this.element, 'data-state', 'live')
      setText(this.#mid, formatNumber(book.midPrice, PriceDigits.of(book) + 1))
      setText(this.#state, 'live')
      setText(this.#why, '')
      setText(this.#spread, formatBasisPoints(book.spreadRatio))
      setText(this.#age, formatAge(book.ageMs === null ? null : book.ageMs + eventAgeMs))
      setVariable(this.#bar, '--balance', balance ?? 0)
      setText(this.#balance, balance === null ? '' : `imbalance ${balance.toFixed(2)}`)
      return
    }
    const { label, why } = describeAbsence(reading.state, reading.reason)
    const isUnseen = reading.reason === 'not_subscribed'
    setAttribute(this.element, 'data-state', isUnseen ? 'unseen' : reading.state)
    setText(this.#mid, ABSENT)
    setText(this.#state, isUnseen ? 'live' : label)
    setText(this.#why, why)
    setText(this.#spread, '')
    const { sinceMs } = reading
    setText(this.#age, sinceMs === null || isUnseen ? '' : formatSpan(Date.now() - sinceMs))
    setVariable(this.#bar, '--balance', 0)
    setText(this.#balance, '')
  }
}
