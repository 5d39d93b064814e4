import {
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  type GraphFieldConfig,
} from '@grafana/grafana-foundation-sdk/common'
import type { FieldConfig } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { BY_NAME, BY_ORDER, fixedColor, limitAbove, limitBelow, PLAIN } from './colors.ts'
import { finishPanel, type PanelSpec, type SizedPanel, type Unit } from './panel.ts'

export interface GraphSpec extends Omit<PanelSpec, 'height' | 'width'> {
  readonly width?: number
  readonly height?: number
  /** Threshold, drawn as a horizontal rule. */
  readonly limit?: number
  /** Which side of the threshold is bad. */
  readonly badSide?: 'above' | 'below'
  /** Logarithmic axis, for latencies. */
  readonly isLog?: boolean
  /** Stacked series. */
  readonly isStacked?: boolean
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  /** Colours of series by the first word of their legend; default: the palette. */
  readonly colors?: Readonly<Record<string, string>>
  /** Legends of two series between which the area is filled. */
  readonly band?: { readonly lower: string; readonly upper: string }
}

/** Minimum range of the axis, so that small values do not look large. None for times: microseconds count. */
const LEAST_TOP: Partial<Record<Unit, number>> = {
  short: 1,
  percentunit: 0.01,
  bytes: 1024,
  Bps: 1024,
  ops: 1,
  cps: 1,
  reqps: 1,
}

/** A graph over time. Gaps in the values stay gaps. */
export function graph(spec: GraphSpec): SizedPanel {
  const { limit, badSide = 'above', isLog = false, isStacked = false } = spec
  const custom: GraphFieldConfig = {
    drawStyle: GraphDrawStyle.Line,
    lineWidth: 1,
    fillOpacity: isStacked ? 40 : 0,
    spanNulls: false,
    scaleDistribution: isLog
      ? { type: ScaleDistribution.Log, log: 10 }
      : { type: ScaleDistribution.Linear },
    stacking: { mode: isStacked ? StackingMode.Normal : StackingMode.None },
    thresholdsStyle: {
      mode: limit === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed,
    },
  }
  const softMax = LEAST_TOP[spec.unit]
  if (spec.min === 0 && softMax !== undefined) custom.axisSoftMax = softMax
  const bare = new PanelBuilder().build()
  bare.options = {
    legend: {
      displayMode: LegendDisplayMode.Table,
      placement: LegendPlacement.Bottom,
      showLegend: true,
      calcs: ['lastNotNull', 'max'],
      sortBy: 'Max',
      sortDesc: true,
    },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
  }
  const assess = badSide === 'above' ? limitAbove : limitBelow
  bare.fieldConfig = {
    defaults: {},
    overrides: [
      ...Object.entries(spec.colors ?? {}).map(([name, color]) => ({
        matcher: { id: 'byRegexp', options: `/^${name}( |$)/` },
        properties: [{ id: 'color', value: fixedColor(color) }],
      })),
      ...(spec.band === undefined ? [] : bandOverrides(spec.band)),
    ],
  }
  const isOfInstruments = spec.queries.some(({ legend }) => legend.startsWith('{{instrument}}'))
  const field: FieldConfig = { custom, color: isOfInstruments ? BY_NAME : BY_ORDER }
  if (limit !== undefined) field.thresholds = assess(limit)
  if (spec.min !== undefined) field.min = spec.min
  if (spec.max !== undefined) field.max = spec.max
  if (spec.decimals !== undefined) field.decimals = spec.decimals
  return finishPanel(bare, { width: 12, height: 9, ...spec }, field)
}

function bandOverrides({ lower, upper }: NonNullable<GraphSpec['band']>) {
  const edge = [
    { id: 'custom.lineWidth', value: 0 },
    { id: 'color', value: PLAIN },
  ]
  return [
    { matcher: { id: 'byName', options: lower }, properties: edge },
    {
      matcher: { id: 'byName', options: upper },
      properties: [
        ...edge,
        { id: 'custom.fillBelowTo', value: lower },
        { id: 'custom.fillOpacity', value: 30 },
      ],
    },
  ]
}
