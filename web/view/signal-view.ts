import type { Signals } from '../../client/api-client.ts'
import { type Calibration, calibrationOf, type SignalRow, signalRows } from '../data/signal-rows.ts'
import { byId, make, setAttribute, setClass, setHidden, setText } from './dom.ts'
import { ABSENT, formatNumber, formatPercent, formatSigned } from './format.ts'

const NOT_ENOUGH = 'not enough cases yet'
const COLUMNS = ['Horizon', 'Hit rate', '95 % interval', 'Cases', 'Best forecast'] as const
const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 320
const HEIGHT = 110
const MARGIN = 6

/** Whether the imbalance of the best level predicts the price. */
export class SignalView {
  readonly #root = byId('signals', HTMLElement)
  readonly #body = make('tbody')
  readonly #title = make('h3')
  readonly #curve = document.createElementNS(SVG, 'svg')
  readonly #words = make('p', { class: 'words' })
  #shown: Signals | null | undefined

  constructor() {
    const titles = COLUMNS.map((text) => make('th', { text, attributes: { scope: 'col' } }))
    this.#curve.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    this.#curve.setAttribute('role', 'img')
    this.#root.append(
      make('div', {
        class: 'panel-head',
        children: [
          make('h2', { text: 'Does the imbalance predict?' }),
          make('p', { class: 'aside', text: 'best level; cases corrected for overlap' }),
        ],
      }),
      make('div', {
        class: 'wide',
        attributes: { tabindex: '0', role: 'region', 'aria-label': 'hit rate by horizon' },
        children: [
          make('table', {
            children: [make('thead', { children: [make('tr', { children: titles })] }), this.#body],
          }),
        ],
      }),
      this.#title,
      this.#curve,
      this.#words,
    )
  }

  /** @param signals null if the book is not live or nothing is known; `isOff`: they are not measured */
  show(signals: Signals | null, isOff: boolean): void {
    setHidden(this.#root, isOff)
    if (signals === this.#shown) return
    this.#shown = signals
    setClass(this.#root, 'is-absent', signals === null)
    const rows = signals === null ? [] : signalRows(signals)
    this.#body.replaceChildren(...rows.map(rowOf))
    this.#showCalibration(signals === null ? null : calibrationOf(signals))
  }

  #showCalibration(calibration: Calibration | null): void {
    const { horizon = '', points = [] } = calibration ?? {}
    setText(this.#title, `Mean return ${horizon === '' ? '' : `after ${horizon} `}by imbalance`)
    setClass(this.#curve, 'is-empty', calibration === null)
    const largest = Math.max(0, ...points.map(({ returnBps }) => Math.abs(returnBps)))
    setText(
      this.#words,
      calibration === null ? NOT_ENOUGH : `tenths of the samples; up to ${formatBps(largest)}`,
    )
    setAttribute(
      this.#curve,
      'aria-label',
      calibration === null
        ? `calibration curve, ${NOT_ENOUGH}`
        : points
            .map((point) => `${formatSigned(point.imbalance, 2)}: ${formatBps(point.returnBps)}`)
            .join(', '),
    )
    const x = (imbalance: number) => MARGIN + ((imbalance + 1) / 2) * (WIDTH - 2 * MARGIN)
    const y = (bps: number) =>
      HEIGHT / 2 - (largest === 0 ? 0 : bps / largest) * (HEIGHT / 2 - MARGIN)
    const places = points.map((point) => [x(point.imbalance), y(point.returnBps)] as const)
    this.#curve.replaceChildren(
      shape('path', { class: 'axes', d: `M0 ${HEIGHT / 2}H${WIDTH}M${WIDTH / 2} 0V${HEIGHT}` }),
      shape('polyline', { points: places.map(([left, top]) => `${left},${top}`).join(' ') }),
      ...places.map(([cx, cy]) => shape('circle', { cx: String(cx), cy: String(cy), r: '3' })),
    )
  }
}

function rowOf({ name, cases, hitRate, best }: SignalRow): HTMLTableRowElement {
  const interval =
    hitRate === null ? '' : `${formatPercent(hitRate.low)} to ${formatPercent(hitRate.high)}`
  const forecast = name === 'next move' ? ABSENT : (best ?? NOT_ENOUGH)
  const cells = [
    hitRate === null ? NOT_ENOUGH : formatPercent(hitRate.value),
    interval,
    formatNumber(Math.floor(cases), 0),
    forecast,
  ]
  return make('tr', {
    children: [
      make('th', { text: name, attributes: { scope: 'row' } }),
      ...cells.map((text) => make('td', { text })),
    ],
  })
}

function formatBps(bps: number): string {
  return `${formatSigned(bps, 3).trim()} bp`
}

function shape(name: string, attributes: Readonly<Record<string, string>>): Element {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}
