import type { Snapshot } from '../../client/api-client.ts'
import { byId, make, setClass, setText, setVariable } from './dom.ts'
import { ABSENT, formatAmount, formatNumber, formatPercent, formatSigned } from './format.ts'

type Window = Snapshot['windows'][string]

const COLUMNS = [
  'Window',
  'Order flow',
  'Trade flow',
  'Bought',
  'Sold',
  'Trades',
  'Volatility',
  'Imbalance range',
] as const

/** Order flow and trades over the windows. */
export class FlowView {
  readonly #root = byId('flow', HTMLElement)
  readonly #body = make('tbody')
  readonly #rows = new Map<string, FlowRow>()

  constructor() {
    const titles = COLUMNS.map((text) => make('th', { text, attributes: { scope: 'col' } }))
    this.#root.append(
      make('div', {
        class: 'panel-head',
        children: [
          make('h2', { text: 'Flow' }),
          make('p', { class: 'aside', text: 'absent if under half of the window was live' }),
        ],
      }),
      make('div', {
        class: 'wide',
        attributes: { tabindex: '0', role: 'region', 'aria-label': 'flow by window' },
        children: [
          make('table', {
            children: [make('thead', { children: [make('tr', { children: titles })] }), this.#body],
          }),
        ],
      }),
    )
  }

  show(book: Snapshot | null): void {
    setClass(this.#root, 'is-absent', book === null)
    if (book !== null) this.#keepRows(Object.keys(book.windows))
    for (const [name, row] of this.#rows) row.show(book?.windows[name] ?? null)
  }

  #keepRows(names: readonly string[]): void {
    if (names.join() === [...this.#rows.keys()].join()) return
    this.#rows.clear()
    for (const name of names) this.#rows.set(name, new FlowRow(name))
    this.#body.replaceChildren(...[...this.#rows.values()].map(({ element }) => element))
  }
}

class FlowRow {
  readonly element: HTMLTableRowElement
  readonly #order = make('td', { class: 'meter' })
  readonly #trade = make('td', { class: 'meter' })
  readonly #plain = Array.from({ length: 4 }, () => make('td'))
  readonly #range = make('td', { class: 'range' })
  readonly #rangeText = make('span')

  constructor(name: string) {
    for (const meter of [this.#order, this.#trade]) {
      meter.append(
        make('i', { class: 'balance', attributes: { 'aria-hidden': 'true' } }),
        make('b'),
      )
    }
    this.#range.append(make('i', { attributes: { 'aria-hidden': 'true' } }), this.#rangeText)
    this.element = make('tr', {
      children: [
        make('th', { text: name, attributes: { scope: 'row' } }),
        this.#order,
        this.#trade,
        ...this.#plain,
        this.#range,
      ],
    })
  }

  show(window: Window | null): void {
    const flow = window?.orderFlowImbalance ?? null
    showMeter(
      this.#order,
      // Order flow is unbounded: the bar shows the direction and a compressed size.
      Math.tanh((window?.orderFlowImbalanceRatio ?? 0) / 4),
      flow === null ? ABSENT : `${flow > 0 ? '+' : ''}${formatAmount(flow)}`,
    )
    const trade = window?.tradeFlowImbalance ?? null
    showMeter(this.#trade, trade ?? 0, formatSigned(trade, 2))
    const texts = [
      formatAmount(window?.buyVolume ?? null),
      formatAmount(window?.sellVolume ?? null),
      formatNumber(window?.tradeCount ?? null, 0),
      formatPercent(window?.realizedVolatility ?? null),
    ]
    this.#plain.forEach((cell, index) => setText(cell, texts[index] ?? ABSENT))
    const { imbalanceMin: min = null, imbalanceMax: max = null } = window ?? {}
    const hasRange = min !== null && max !== null
    setClass(this.#range, 'is-empty', !hasRange)
    setVariable(this.#range, '--from', hasRange ? (min + 1) / 2 : 0.5)
    setVariable(this.#range, '--to', hasRange ? (max + 1) / 2 : 0.5)
    setVariable(this.#range, '--mean', ((window?.imbalanceMean ?? 0) + 1) / 2)
    setText(
      this.#rangeText,
      hasRange ? `${formatSigned(min, 2)} to ${formatSigned(max, 2)}` : ABSENT,
    )
  }
}

function showMeter(cell: HTMLElement, balance: number, text: string): void {
  const [bar, number] = cell.children
  if (bar instanceof HTMLElement) setVariable(bar, '--balance', balance)
  if (number !== undefined) setText(number, text)
}
