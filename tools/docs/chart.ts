/** One line of a chart: a value per step, null where absent. */
export interface Series {
  readonly name: string
  readonly values: readonly (number | null)[]
}

export interface Chart {
  readonly title: string
  /** Unit of the values, and decimals of the axis labels. */
  readonly unit: string
  readonly digits: number
  readonly series: readonly Series[]
}

export interface Sheet {
  readonly title: string
  /** Seconds between two values. */
  readonly stepSeconds: number
  /** Shaded spans, in seconds, with a label. */
  readonly marks: readonly { readonly from: number; readonly to: number; readonly text: string }[]
  readonly charts: readonly Chart[]
}

const WIDTH = 860
const LEFT = 92
const RIGHT = 150
const ROW = 122
const PLOT = 78
const TOP = 46
/** Colour-blind safe, readable on white and black (Okabe & Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
const INK = '#7a7f87'

/** Draws charts over one time axis, stacked, as SVG. A missing value interrupts the line. */
export function renderSheet({ title, stepSeconds, marks, charts }: Sheet): string {
  const count = Math.max(
    ...charts.flatMap(({ series }) => series.map((line) => line.values.length)),
  )
  const height = TOP + charts.length * ROW + 30
  const right = WIDTH - RIGHT
  const xOf = (seconds: number) =>
    LEFT + (seconds / Math.max(1, (count - 1) * stepSeconds)) * (right - LEFT)
  const bottom = TOP + charts.length * ROW - (ROW - PLOT) + 8
  const shades = marks.map(({ from, to, text }) => {
    const [x, end] = [xOf(from), xOf(to)]
    return (
      `<rect x="${x.toFixed(1)}" y="${TOP - 4}" width="${(end - x).toFixed(1)}" height="${bottom - TOP}" fill="${INK}" opacity="0.14"/>` +
      `<text x="${x.toFixed(1)}" y="${TOP - 8}">${text}</text>`
    )
  })
  const rows = charts.map((chart, index) =>
    renderChart(chart, TOP + index * ROW, (step) => xOf(step * stepSeconds), right),
  )
  const ticks: string[] = []
  for (let seconds = 0; seconds <= (count - 1) * stepSeconds; seconds += 30) {
    ticks.push(
      `<text x="${xOf(seconds).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${seconds} s</text>`,
    )
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="11" fill="${INK}">
<text x="${LEFT}" y="18" font-size="13" font-weight="600">${title}</text>
${[...shades, ...rows, ...ticks].join('\n')}
</svg>
`
}

function renderChart(chart: Chart, top: number, xOf: (step: number) => number, right: number) {
  const { title, unit, digits, series } = chart
  const values = series.flatMap((line) => line.values.filter((value) => value !== null))
  const [low, high] = values.length === 0 ? [0, 1] : rangeOf(values)
  const yOf = (value: number) => top + 16 + (1 - (value - low) / (high - low)) * PLOT
  const parts = [
    `<text x="${LEFT}" y="${top + 8}" font-weight="600">${title}</text>`,
    ...[low, high].map(
      (value) =>
        `<line x1="${LEFT}" x2="${right}" y1="${yOf(value)}" y2="${yOf(value)}" stroke="${INK}" opacity="0.35"/>` +
        `<text x="${LEFT - 6}" y="${yOf(value) + 4}" text-anchor="end">${value.toFixed(digits)}</text>`,
    ),
    `<text x="${LEFT - 6}" y="${top + 16 + PLOT / 2 + 4}" text-anchor="end">${unit}</text>`,
    ...series.flatMap((line, index) => {
      const colour = COLOURS[index % COLOURS.length] ?? INK
      return [
        `<path d="${pathOf(line.values, xOf, yOf)}" fill="none" stroke="${colour}" stroke-width="1.4" stroke-linejoin="round"/>`,
        `<text x="${right + 10}" y="${top + 24 + index * 15}" fill="${colour}">${line.name}</text>`,
      ]
    }),
  ]
  return parts.join('\n')
}

function rangeOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low || Math.abs(high) || 1) * 0.06
  return [low - room, high + room]
}

function pathOf(
  values: readonly (number | null)[],
  xOf: (step: number) => number,
  yOf: (value: number) => number,
): string {
  let path = ''
  let isDrawing = false
  for (const [step, value] of values.entries()) {
    if (value !== null) {
      path += `${isDrawing ? 'L' : 'M'}${xOf(step).toFixed(1)} ${yOf(value).toFixed(1)}`
      // A single value would be an invisible line of length 0.
      if (!isDrawing) path += 'h0.5'
    }
    isDrawing = value !== null
  }
  return path
}
