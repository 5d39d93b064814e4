import type { Snapshot } from '../../client/api-client.ts'
import { byId, make, setClass, setText, setVariable } from './dom.ts'
import { formatAmount, formatSigned } from './format.ts'

interface Row {
  readonly element: HTMLElement
  readonly bid: HTMLElement
  readonly ask: HTMLElement
  readonly texts: HTMLElement
  readonly bars: HTMLElement
}

/** Imbalance by depth, and amounts near the mid-price. */
export class DepthView {
  readonly #root = byId('depth', HTMLElement)
  readonly #depths = make('dl', { class: 'depths' })
  readonly #bands = make('dl', { class: 'bands' })
  readonly #depthRows = new Map<string, Row>()
  readonly #bandRows = new Map<string, Row>()

  constructor() {
    this.#root.append(
      make('div', { class: 'panel-head', children: [make('h2', { text: 'Balance' })] }),
      make('div', {
        class: 'halves',
        children: [
          make('div', { children: [make('h3', { text: 'of the best levels' }), this.#depths] }),
          make('div', {
            children: [make('h3', { text: 'of amounts near the mid-price' }), this.#bands],
          }),
        ],
      }),
    )
  }

  show(book: Snapshot | null): void {
    setClass(this.#root, 'is-absent', book === null)
    if (book !== null) {
      keepRows(this.#depths, this.#depthRows, Object.keys(book.imbalance), levelsName)
      // An object has its whole-numbered keys first, whatever their order was.
      const bands = Object.keys(book.bands).sort((a, b) => Number(a) - Number(b))
      keepRows(this.#bands, this.#bandRows, bands, (bps) => `${bps} bp`)
    }
    for (const [depth, row] of this.#depthRows) {
      const imbalance = book?.imbalance[depth] ?? null
      setText(row.texts, formatSigned(imbalance, 2))
      setVariable(row.bars, '--balance', imbalance ?? 0)
    }
    for (const [bps, row] of this.#bandRows) {
      const band = book?.bands[bps]
      const isWhole = band === undefined || (band.bid !== null && band.ask !== null)
      setClass(row.element, 'is-cut', !isWhole)
      setText(row.bid, formatAmount(band?.bid ?? null))
      setText(row.ask, formatAmount(band?.ask ?? null))
      setText(row.texts, isWhole ? '' : cutReason(band, book?.midPrice ?? null))
      setVariable(row.bars, '--balance', band?.imbalance ?? 0)
    }
  }
}

/**
 * Explains an absent band: it exceeds the levels of the exchange, or the mid-price is not above 0.
 */
function cutReason(
  { bid, ask }: { bid: number | null; ask: number | null },
  midPrice: number | null,
): string {
  if (midPrice !== null && midPrice <= 0) return 'needs a mid-price above 0'
  if (bid === null && ask === null) return 'reaches beyond the levels shown'
  return `${bid === null ? 'bids' : 'asks'} reach beyond the levels shown`
}

function levelsName(depth: string): string {
  return depth === '1' ? 'best level' : `${depth} levels`
}

function keepRows(
  list: HTMLElement,
  rows: Map<string, Row>,
  keys: readonly string[],
  nameOf: (key: string) => string,
): void {
  if (keys.join() === [...rows.keys()].join()) return
  rows.clear()
  for (const key of keys) {
    const bid = make('span', { class: 'bid' })
    const ask = make('span', { class: 'ask' })
    const texts = make('span', { class: 'words' })
    const bars = make('i', { class: 'balance', attributes: { 'aria-hidden': 'true' } })
    const value = make('dd', { children: [bid, bars, ask, texts] })
    const element = make('div', { children: [make('dt', { text: nameOf(key) }), value] })
    rows.set(key, { element, bid, ask, texts, bars })
  }
  list.replaceChildren(...[...rows.values()].map(({ element }) => element))
}
