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
  /** Words and colours of the states. */
  readonly mappings: readonly ValueMapping[]
}

/** One line for each series, coloured by its state. No value is no colour. */
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
