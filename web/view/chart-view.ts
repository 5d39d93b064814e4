import uPlot from 'uplot'
import type { Samples } from '../data/sample-ring.ts'
import { byId, make, setAttribute, setText } from './dom.ts'
import { digitsOf, formatNumber, formatSigned, formatTime } from './format.ts'

const SPANS_S = [60, 300, 600] as const
const PRICE_PX = 300
const BALANCE_PX = 120
const MIN_SPAN_S = 30
const SYNC = 'book'

/** Colours of the style sheet for the canvas. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/**
 * Charts of mid-price, weighted mid-price and imbalance over the last minutes, as received by this
 * page.
 */
export class ChartView {
  readonly #root = byId('charts', HTMLElement)
  readonly #readout = make('p', { class: 'aside readout' })
  // Labelled from the start: screen readers reach them before the first drawing.
  readonly #prices = make('div', {
    class: 'chart',
    attributes: { role: 'img', 'aria-label': 'mid-price, no data yet' },
  })
  readonly #balances = make('div', {
    class: 'chart',
    attributes: { role: 'img', 'aria-label': 'imbalance, no data yet' },
  })
  #priceChart: uPlot | null = null
  #balanceChart: uPlot | null = null
  #spanS: number = SPANS_S[1]
  #digits = 2
  #past: Samples | null = null
  #colours = readColours()

  constructor() {
    const choice = make('div', {
      class: 'choice',
      attributes: { role: 'group', 'aria-label': 'Time range' },
    })
    for (const span of SPANS_S) {
      const button = make('button', {
        text: `${span / 60} min`,
        attributes: { type: 'button', 'aria-pressed': String(span === this.#spanS) },
      })
      button.addEventListener('click', () => {
        this.#spanS = span
        for (const other of choice.children) {
          setAttribute(other, 'aria-pressed', String(other === button))
        }
        this.draw()
      })
      choice.append(button)
    }
    const key = make('p', { class: 'key aside' })
    for (const [name, text] of [
      ['mid', 'mid-price'],
      ['weighted', 'weighted mid'],
    ] as const) {
      key.append(make('i', { class: `swatch ${name}` }), `${text} `)
    }
    this.#root.append(
      make('div', {
        class: 'panel-head',
        children: [make('h2', { text: 'Last minutes' }), key, this.#readout, choice],
      }),
      this.#prices,
      make('h3', { text: 'Imbalance of the best level' }),
      this.#balances,
    )
    new ResizeObserver(() => this.#resize()).observe(this.#root)
  }

  /** Called when the colours of the page have changed. */
  repaint(): void {
    this.#colours = readColours()
    this.#priceChart?.redraw(false)
    this.#balanceChart?.redraw(false)
  }

  /** @param past null = no data yet */
  show(name: string | null, past: Samples | null, digits: number): void {
    this.#past = past
    this.#digits = digits
    this.draw()
    const mids = (past?.mids ?? []).filter((mid) => mid !== null)
    const range = mids.length === 0 ? 'no value' : `${Math.min(...mids)} to ${Math.max(...mids)}`
    setAttribute(this.#prices, 'aria-label', `mid-price of ${name ?? 'nothing'}: ${range}`)
    setAttribute(this.#balances, 'aria-label', `imbalance of ${name ?? 'nothing'}`)
  }

  draw(): void {
    if (this.#priceChart === null) this.#create()
    const past = this.#past ?? { times: [], mids: [], weightedMids: [], imbalances: [] }
    this.#priceChart?.setData([past.times, past.mids, past.weightedMids], false)
    this.#balanceChart?.setData([past.times, past.imbalances], false)
    const max = Date.now() / 1000
    // With fewer samples than the span, the chart covers only the samples.
    const seenS = max - (past.times[0] ?? max)
    const scale = { min: max - Math.min(this.#spanS, Math.max(seenS, MIN_SPAN_S)), max }
    // Each chart redraws once with the data set above.
    this.#priceChart?.setScale('x', scale)
    this.#balanceChart?.setScale('x', scale)
  }

  #create(): void {
    const axis = (size: number): uPlot.Axis => ({
      stroke: () => this.#colours.text,
      grid: { stroke: () => this.#colours.grid, width: 1 },
      ticks: { show: false },
      font: '11px Inter, sans-serif',
      size,
      gap: 6,
    })
    const times: uPlot.Axis = {
      ...axis(24),
      space: 90,
      values: (_chart, ticks) => ticks.map((tick) => formatTime(tick * 1000)),
    }
    const base = (height: number): Omit<uPlot.Options, 'series'> => ({
      width: this.#width(),
      height,
      legend: { show: false },
      cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { size: 5 } },
      padding: [8, 0, 0, 0],
      hooks: { setCursor: [(chart) => this.#read(chart)] },
    })
    const line = (pick: () => string, more: uPlot.Series = {}): uPlot.Series => ({
      stroke: pick,
      width: 1.5,
      points: { show: false },
      spanGaps: false,
      ...more,
    })
    this.#priceChart = new uPlot(
      {
        ...base(PRICE_PX),
        scales: { y: { range: (_chart, min, max) => padded(min, max) } },
        axes: [
          times,
          {
            ...axis(78),
            side: 1,
            values: (_chart, ticks) => formatTicks(ticks),
          },
        ],
        series: [
          {},
          line(() => this.#colours.mid, { fill: () => this.#colours.fill, width: 2 }),
          line(() => this.#colours.weighted, { dash: [3, 3], width: 1 }),
        ],
      },
      undefined,
      this.#prices,
    )
    const flat = uPlot.paths.stepped?.({ align: 1 })
    this.#balanceChart = new uPlot(
      {
        ...base(BALANCE_PX),
        scales: { y: { range: [-1, 1] } },
        axes: [
          times,
          {
            ...axis(78),
            side: 1,
            splits: () => [-1, 0, 1],
            values: () => ['−1 asks', '0', '+1 bids'],
          },
        ],
        series: [
          {},
          line(() => this.#colours.balance, {
            fill: () => this.#colours.balanceFill,
            fillTo: 0,
            width: 1,
            ...(flat === undefined ? {} : { paths: flat }),
          }),
        ],
      },
      undefined,
      this.#balances,
    )
  }

  #read(chart: uPlot): void {
    const index = chart.cursor.idx
    const past = this.#past
    const time = typeof index === 'number' ? past?.times[index] : undefined
    if (typeof index !== 'number' || time === undefined || past === null) {
      setText(this.#readout, '')
      return
    }
    const mid = past.mids[index] ?? null
    const words =
      mid === null
        ? 'not live'
        : `${formatNumber(mid, this.#digits + 1)}  ${formatSigned(past.imbalances[index] ?? null, 2)}`
    setText(this.#readout, `${formatTime(time * 1000)}  ${words}`)
  }

  #width(): number {
    return Math.max(240, this.#prices.clientWidth)
  }

  #resize(): void {
    if (this.#priceChart === null || this.#priceChart.width === this.#width()) return
    this.#priceChart.setSize({ width: this.#width(), height: PRICE_PX })
    this.#balanceChart?.setSize({ width: this.#width(), height: BALANCE_PX })
  }
}

/** Formats with enough digits to distinguish two ticks. */
function formatTicks(ticks: readonly number[]): string[] {
  const [first = 0, second = first] = ticks
  const digits = digitsOf(second - first)
  return ticks.map((tick) => formatNumber(tick, digits))
}

/** Adds a margin above and below, also for a constant price. */
function padded(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1]
  const air = (max - min) * 0.1 || Math.abs(max) * 1e-4 || 1
  return [min - air, max + air]
}

function readColours() {
  return {
    text: colour('--quiet'),
    grid: colour('--grid'),
    mid: colour('--accent'),
    fill: colour('--accent-veil'),
    weighted: colour('--second'),
    balance: colour('--second'),
    balanceFill: colour('--second-veil'),
  }
}
