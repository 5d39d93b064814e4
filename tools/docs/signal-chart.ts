/**
 * Draws docs/images/signals.svg: what the signals say about one recording. Run by hand on a recording
 * (`npm run docs:signals -- FILE`; docs/signals.md says how its recording was made).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { measureSignals } from '../../src/commands/signals/signals.ts'
import { readConfig } from '../../src/config/config.ts'
import type { CalibrationDecile, Estimate, SignalNumbers } from '../../src/model/signals.ts'
import { windowName } from '../../src/model/snapshot.ts'
import { correlationEstimate } from '../../src/signals/statistics.ts'

const FOLDER = new URL('../../docs/images/', import.meta.url)
const WIDTH = 860
const HEIGHT = 400
const TOP = 74
const BOTTOM = 330
/** Readable on white and black, and for the colour-blind (Okabe & Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73']
const NAIVE = '#cc79a7'
const INK = '#7a7f87'
const NOT_ENOUGH = 'not enough cases yet'

/** Position on the chart of a value between two bounds. */
function scale(from: number, to: number, start: number, end: number) {
  return (value: number): number => start + ((value - from) / (to - from)) * (end - start)
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`
}

type Point = readonly [x: number, y: number]

function line([x1, y1]: Point, [x2, y2]: Point, attributes: string): string {
  const ends = `x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"`
  return `<line ${ends} ${attributes}/>`
}

interface Bar {
  readonly name: string
  readonly cases: number
  readonly estimate: Estimate | null
  readonly colour: string
}

/** Values with their intervals, side by side. */
function renderEstimates(
  panel: { title: string; left: number; right: number; from: number; to: number; middle: number },
  bars: readonly Bar[],
): string[] {
  const { title, left, right, from, to, middle } = panel
  const y = scale(from, to, BOTTOM, TOP)
  const parts = [text(left, TOP - 18, title, 'font-weight="600"')]
  for (const value of [from, middle, to]) {
    const dash = value === middle ? 'stroke-dasharray="4 3"' : ''
    parts.push(
      line([left, y(value)], [right, y(value)], `stroke="${INK}" opacity="0.5" ${dash}`),
      text(left - 6, y(value) + 4, String(value), 'text-anchor="end"'),
    )
  }
  for (const [index, { name, cases, estimate, colour }] of bars.entries()) {
    const x = left + ((index + 0.5) / bars.length) * (right - left)
    parts.push(
      text(x, BOTTOM + 18, name, 'text-anchor="middle"'),
      text(x, BOTTOM + 33, `${Math.floor(cases)} cases`, 'text-anchor="middle"'),
    )
    if (estimate === null) {
      const turned = `text-anchor="middle" transform="rotate(-90 ${x.toFixed(1)} ${((TOP + BOTTOM) / 2).toFixed(1)})"`
      parts.push(text(x, (TOP + BOTTOM) / 2, NOT_ENOUGH, turned))
      continue
    }
    const { low, high } = estimate.interval
    const stroke = `stroke="${colour}" stroke-width="2"`
    parts.push(
      line([x, y(low)], [x, y(high)], stroke),
      ...[low, high].map((bound) => line([x - 5, y(bound)], [x + 5, y(bound)], stroke)),
      `<circle cx="${x.toFixed(1)}" cy="${y(estimate.value).toFixed(1)}" r="4" fill="${colour}"/>`,
      text(x + 9, y(estimate.value) + 4, estimate.value.toFixed(2), `fill="${colour}"`),
    )
  }
  return parts
}

interface Curve {
  readonly name: string
  readonly deciles: readonly CalibrationDecile[] | null
  readonly colour: string
}

/** Mean return by tenth of the samples, and the cost of a trade to compare it with. */
function renderCalibration(
  panel: { left: number; right: number },
  curves: readonly Curve[],
  costBps: number | null,
): string[] {
  const { left, right } = panel
  const points = curves.flatMap(({ deciles }) => deciles ?? [])
  const size = Math.max(
    0.01,
    costBps ?? 0,
    ...points.map(({ returnMeanBps }) => Math.abs(returnMeanBps)),
  )
  const limit = size * 1.1
  const x = scale(-1, 1, left, right)
  const y = scale(-limit, limit, BOTTOM, TOP)
  const parts = [
    text(left, TOP - 18, 'mean return by imbalance, bps', 'font-weight="600"'),
    line([left, y(0)], [right, y(0)], `stroke="${INK}" opacity="0.5"`),
    line([x(0), TOP], [x(0), BOTTOM], `stroke="${INK}" opacity="0.5"`),
    ...[-1, 0, 1].map((value) =>
      text(x(value), BOTTOM + 18, String(value), 'text-anchor="middle"'),
    ),
    ...[-size, size].map((value) =>
      text(left - 6, y(value) + 4, value.toFixed(2), 'text-anchor="end"'),
    ),
  ]
  if (costBps !== null) {
    for (const cost of [-costBps, costBps]) {
      parts.push(line([left, y(cost)], [right, y(cost)], `stroke="${INK}" stroke-dasharray="4 3"`))
    }
    parts.push(text(left + 4, y(costBps) - 5, 'effective spread'))
  }
  for (const [index, { name, deciles, colour }] of curves.entries()) {
    const label = deciles === null ? `${name}: ${NOT_ENOUGH}` : name
    parts.push(text(left, BOTTOM + 33 + index * 14, label, `fill="${colour}"`))
    const drawn = (deciles ?? []).map(
      ({ imbalanceMean, returnMeanBps }) => [x(imbalanceMean), y(returnMeanBps)] as const,
    )
    const path = drawn.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ')
    parts.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>`,
      ...drawn.map(
        ([px, py]) =>
          `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${colour}"/>`,
      ),
    )
  }
  return parts
}

function hitRates({ nextMove, horizons }: SignalNumbers): Bar[] {
  return [
    {
      name: 'next move',
      cases: nextMove.effectiveCases,
      estimate: nextMove.estimate,
      colour: COLOURS[0] ?? INK,
    },
    ...horizons.map(({ horizonMs, depths }) => ({
      name: windowName(horizonMs),
      cases: depths[0]?.hitRate.effectiveCases ?? 0,
      estimate: depths[0]?.hitRate.estimate ?? null,
      colour: COLOURS[0] ?? INK,
    })),
  ]
}

/** The longest horizon with enough cases. */
function longestKnown({ horizons }: SignalNumbers) {
  return horizons.findLast(
    ({ depths }) => depths[0] !== undefined && depths[0].correlation !== null,
  )
}

/** The correlation of that horizon, and what it were if each overlapping sample was a case. */
function overlap(numbers: SignalNumbers): Bar[] {
  const known = longestKnown(numbers)
  const depth = known?.depths[0]
  if (depth === undefined || depth.correlation === null) return []
  const { samples, effectiveSamples, correlation } = depth
  return [
    {
      name: 'as independent',
      cases: samples,
      estimate: correlationEstimate(correlation.value, samples),
      colour: NAIVE,
    },
    {
      name: 'as measured',
      cases: effectiveSamples,
      estimate: correlation,
      colour: COLOURS[0] ?? INK,
    },
  ]
}

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('expected a recording (npm run docs:signals -- FILE)')
const config = readConfig(process.env, { isStrict: false })
const [view] = await measureSignals(file, { config, instruments: new Set() })
const numbers = view?.numbers ?? null
if (view === undefined || numbers === null) throw new Error('no book is live at the end')
const curves = numbers.horizons.map(({ horizonMs }, index) => ({
  name: `after ${windowName(horizonMs)}`,
  deciles: view.calibrations?.[index]?.[0] ?? null,
  colour: COLOURS[index] ?? INK,
}))
const title = `does the imbalance of ${view.instrument} predict its price? Depth 1, 95 % intervals`
const correlated = longestKnown(numbers)
const overlapTitle = `correlation after ${windowName(correlated?.horizonMs ?? 1000)}: overlap`
const parts = [
  text(24, 20, title, 'font-size="13" font-weight="600"'),
  ...renderEstimates(
    { title: 'hit rate by horizon', left: 50, right: 330, from: 0, to: 1, middle: 0.5 },
    hitRates(numbers),
  ),
  ...renderEstimates(
    { title: overlapTitle, left: 378, right: 560, from: -1, to: 1, middle: 0 },
    overlap(numbers),
  ),
  ...renderCalibration({ left: 610, right: 850 }, curves, numbers.trades.effectiveSpreadBps),
]
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="11" fill="${INK}">
${parts.join('\n')}
</svg>
`
await mkdir(FOLDER, { recursive: true })
await writeFile(new URL('signals.svg', FOLDER), svg)
