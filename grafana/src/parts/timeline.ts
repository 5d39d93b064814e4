import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common'
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder, type Options } from '@grafana/grafana-foundation-sdk/statetimeline'
import { BY_LIMIT } from './colors.ts'
import { finishPanel, type PanelSpec, type SizedPanel } from './panel.ts'

export interface TimelineSpec extends PanelSpec {
  /** Text and colour of the states. */
  readonly mappings: readonly ValueMapping[]
}

/** A timeline with one row per series, coloured by state; no colour without a value. */
export function timeline(spec: TimelineSpec): SizedPanel {
  const bare = new PanelBuilder().build()
  const defaults = bare.options as Options
  bare.options = {
    ...defaults,
    mergeValues: true,
    showValue: VisibilityMode.Never,
    rowHeight: 0.9,
    legend: {
      displayMode: LegendDisplayMode.List,
      placement: LegendPlacement.Bottom,
      showLegend: true,
      calcs: [],
    },
    tooltip: { mode: TooltipDisplayMode.Single, sort: SortOrder.None },
  }
  return finishPanel(bare, spec, {
    mappings: [...spec.mappings],
    color: BY_LIMIT,
    custom: { fillOpacity: 80, lineWidth: 0, spanNulls: false, insertNulls: false },
  })
}
