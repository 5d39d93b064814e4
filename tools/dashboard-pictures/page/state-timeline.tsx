import { getFieldDisplayName, type DataFrame } from '@grafana/data'
import type { PictureData } from '../picture-data.ts'
import { THEME } from './frames.ts'
import type { Size } from './panel.tsx'
import { TimeAxis } from './time-axis.tsx'

const NAMES_WIDTH = 170
const AXIS_HEIGHT = 20
const LEGEND_HEIGHT = 22

/** In the manner of Grafana's state timeline, which its library does not have. */
export function StateTimeline({
  frames,
  data,
  width,
  height,
}: Size & { frames: DataFrame[]; data: PictureData }) {
  const { fromSeconds, toSeconds, stepSeconds } = data
  const rowHeight = (height - AXIS_HEIGHT - LEGEND_HEIGHT) / frames.length
  const plotWidth = width - NAMES_WIDTH
  const xOf = (milliseconds: number) =>
    NAMES_WIDTH + ((milliseconds / 1000 - fromSeconds) / (toSeconds - fromSeconds)) * plotWidth
  const legend = new Map<string, string>()
  const rows = frames.map((frame, row) => {
    const [times, values] = frame.fields
    if (times === undefined || values === undefined) return null
    const runs = runsOf(
      times.values as number[],
      values.values as (number | null)[],
      stepSeconds * 1000,
    )
    return (
      <g key={row}>
        <text x={NAMES_WIDTH - 8} y={(row + 0.5) * rowHeight + 4} textAnchor="end" fontSize={11}>
          {getFieldDisplayName(values, frame)}
        </text>
        {runs.map(({ value, fromMs, toMs }) => {
          const { text, color = '' } = values.display?.(value) ?? { text: '' }
          legend.set(text, color)
          const end = Math.min(width, xOf(toMs))
          return (
            <rect
              key={fromMs}
              x={xOf(fromMs)}
              y={row * rowHeight + 1}
              width={Math.max(0, end - xOf(fromMs))}
              height={rowHeight - 2}
              fill={color}
              fillOpacity={0.8}
            />
          )
        })}
      </g>
    )
  })
  return (
    <svg width={width} height={height} fill={THEME.colors.text.primary}>
      {rows}
      <g transform={`translate(0, ${height - AXIS_HEIGHT - LEGEND_HEIGHT})`}>
        <TimeAxis data={data} left={NAMES_WIDTH} width={plotWidth} />
      </g>
      {[...legend].map(([text, color], index) => (
        <g key={text} transform={`translate(${NAMES_WIDTH + index * 110}, ${height - 14})`}>
          <rect width={14} height={4} y={4} fill={color} />
          <text x={20} y={10} fontSize={12}>
            {text}
          </text>
        </g>
      ))}
    </svg>
  )
}

/** Neighbours of one state as one; a time without a value belongs to none. */
function runsOf(times: readonly number[], values: readonly (number | null)[], stepMs: number) {
  const runs: { value: number; fromMs: number; toMs: number }[] = []
  times.forEach((fromMs, index) => {
    const value = values[index] ?? null
    if (value === null) return
    const last = runs.at(-1)
    if (last?.value === value && last.toMs >= fromMs) last.toMs = fromMs + stepMs
    else runs.push({ value, fromMs, toMs: fromMs + stepMs })
  })
  return runs
}
