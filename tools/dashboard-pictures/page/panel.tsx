import {
  dateTime,
  getFieldDisplayName,
  reduceField,
  type DataFrame,
  type DisplayValue,
  type TimeRange,
} from '@grafana/data'
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  PanelChrome,
  Table,
  TimeSeries,
} from '@grafana/ui'
import type { ReactElement } from 'react'
import type { PictureData, PicturePanel } from '../picture-data.ts'
import { Heatmap } from './heatmap.tsx'
import { StateTimeline } from './state-timeline.tsx'
import { THEME } from './frames.ts'

export interface DrawnPanel {
  readonly panel: PicturePanel
  readonly frames: DataFrame[]
}

export interface Size {
  readonly width: number
  readonly height: number
}

export function timeRangeOf({ fromSeconds, toSeconds }: PictureData): TimeRange {
  const from = dateTime(fromSeconds * 1000)
  const to = dateTime(toSeconds * 1000)
  return { from, to, raw: { from, to } }
}

/** A panel in its frame, drawn by Grafana's own components where its library has them. */
export function PanelView({
  drawn,
  data,
  width,
  height,
}: Size & { drawn: DrawnPanel; data: PictureData }) {
  return (
    <PanelChrome title={drawn.panel.title} description=" " width={width} height={height}>
      {(innerWidth, innerHeight) => draw(drawn, data, { width: innerWidth, height: innerHeight })}
    </PanelChrome>
  )
}

function draw({ panel, frames }: DrawnPanel, data: PictureData, size: Size): ReactElement {
  const options = panel.options as Options
  if (!frames.some(({ length }) => length > 0)) return <Nothing text={noValueOf(panel)} />
  switch (panel.type) {
    case 'timeseries':
      return (
        <TimeSeries
          frames={frames}
          timeRange={timeRangeOf(data)}
          timeZone="utc"
          legend={options.legend}
          {...size}
        />
      )
    case 'stat':
      return <Stat frames={frames} options={options} {...size} />
    case 'table':
      return <Table data={frames[0] as DataFrame} initialSortBy={options.sortBy} {...size} />
    case 'state-timeline':
      return <StateTimeline frames={frames} data={data} {...size} />
    case 'heatmap':
      return <Heatmap panel={panel} data={data} {...size} />
    default:
      throw new Error(`no way to draw a panel of type ${panel.type}`)
  }
}

/** What our panels say of themselves in `options`, as far as it is drawn here. */
interface Options {
  readonly legend: Parameters<typeof TimeSeries>[0]['legend']
  readonly sortBy: { displayName: string; desc?: boolean }[]
  readonly colorMode: BigValueColorMode
  readonly text?: { readonly valueSize: number }
}

function Stat({
  frames,
  options,
  width,
  height,
}: Size & { frames: DataFrame[]; options: Options }) {
  const values = frames.flatMap((frame) =>
    frame.fields.slice(1).map((field): DisplayValue => {
      const value: unknown = reduceField({ field, reducers: ['lastNotNull'] })['lastNotNull']
      const shown = field.display?.(value) ?? { text: String(value), numeric: Number(value) }
      return frames.length > 1 ? { ...shown, title: getFieldDisplayName(field, frame) } : shown
    }),
  )
  return (
    <div style={{ display: 'flex' }}>
      {values.map((value, index) => (
        <BigValue
          key={index}
          value={value}
          width={width / values.length}
          height={height}
          theme={THEME}
          colorMode={options.colorMode}
          graphMode={BigValueGraphMode.None}
          textMode={BigValueTextMode.Auto}
          {...(options.text === undefined ? {} : { text: options.text })}
        />
      ))}
    </div>
  )
}

function Nothing({ text }: { text: string }) {
  return (
    <div
      style={{
        height: '100%',
        padding: 16,
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'center',
        textAlign: 'center',
        color: THEME.colors.text.secondary,
      }}
    >
      {text}
    </div>
  )
}

function noValueOf({ fieldConfig }: PicturePanel): string {
  return (fieldConfig as { defaults: { noValue?: string } }).defaults.noValue ?? 'No data'
}
