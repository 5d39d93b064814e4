import { getValueFormat, formattedValueToString } from '@grafana/data'
import type { PictureData, PicturePanel } from '../picture-data.ts'
import { THEME } from './frames.ts'
import type { Size } from './panel.tsx'
import { TimeAxis } from './time-axis.tsx'

const LABELS_WIDTH = 62
const AXIS_HEIGHT = 20
const seconds = getValueFormat('s')

/** In the manner of Grafana's heat map, which its library does not have. */
export function Heatmap({
  panel,
  data,
  width,
  height,
}: Size & { panel: PicturePanel; data: PictureData }) {
  const { fromSeconds, toSeconds } = data
  const buckets = bucketsOf(panel)
  const rowHeight = (height - AXIS_HEIGHT) / buckets.length
  const plotWidth = width - LABELS_WIDTH
  const xOf = (at: number) =>
    LABELS_WIDTH + ((at - fromSeconds) / (toSeconds - fromSeconds)) * plotWidth
  const yOf = (row: number) => height - AXIS_HEIGHT - (row + 1) * rowHeight
  const most = Math.max(...buckets.flatMap(({ counts }) => counts.map(([, count]) => count)))
  return (
    <svg width={width} height={height} fill={THEME.colors.text.primary}>
      {buckets.map(({ le, counts }, row) => (
        <g key={le}>
          {row % 2 === 0 && (
            <text x={LABELS_WIDTH - 6} y={yOf(row) + 4} fontSize={11} textAnchor="end">
              {le === Infinity ? '∞' : formattedValueToString(seconds(le))}
            </text>
          )}
          {counts.map(([at, count], index) => (
            <rect
              key={at}
              x={xOf(at)}
              y={yOf(row)}
              width={xOf(counts[index + 1]?.[0] ?? toSeconds) - xOf(at)}
              height={rowHeight - 1}
              fill={count > 0 ? colorOf(count / most) : 'none'}
            />
          ))}
        </g>
      ))}
      {panel.exemplars.map(({ seconds: at, value }, index) => {
        const row = buckets.findIndex(({ le }) => value <= le)
        return (
          <text key={index} x={xOf(at)} y={yOf(row) + rowHeight / 2 + 4} fontSize={12} fill="#f0f">
            ×
          </text>
        )
      })}
      <g transform={`translate(0, ${height - AXIS_HEIGHT})`}>
        <TimeAxis data={data} left={LABELS_WIDTH} width={plotWidth} />
      </g>
    </svg>
  )
}

/** Cumulative buckets as counts of their own, least bound first, without empty ones at the ends. */
function bucketsOf({ targets }: PicturePanel) {
  const cumulative = targets
    .flatMap(({ series }) => series)
    .map(({ labels, points }) => ({
      le: Number(labels['le']?.replace('+Inf', 'Infinity')),
      points,
    }))
    .sort((left, right) => left.le - right.le)
  const buckets = cumulative.map(({ le, points }, row) => {
    const below = new Map(cumulative[row - 1]?.points)
    return { le, counts: points.map(([at, count]) => [at, count - (below.get(at) ?? 0)] as const) }
  })
  const isUsed = buckets.map(({ counts }) => counts.some(([, count]) => count > 0))
  return buckets.slice(isUsed.indexOf(true), isUsed.lastIndexOf(true) + 1)
}

/** From dark blue over green and yellow to red. */
function colorOf(share: number): string {
  return `hsl(${250 - 250 * Math.sqrt(share)}, 75%, ${35 + 20 * share}%)`
}
