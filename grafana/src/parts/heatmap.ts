import { HeatmapCellLayout, ScaleDistribution } from '@grafana/grafana-foundation-sdk/common'
import {
  HeatmapColorMode,
  PanelBuilder,
  type Options,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { finishPanel, type PanelSpec, type SizedPanel } from './panel.ts'

/** A heat map of histogram buckets over time; crosses are exemplars. */
export function heatmap(spec: Omit<PanelSpec, 'height'>): SizedPanel {
  const bare = new PanelBuilder().build()
  const defaults = bare.options as Options
  const options: Options = {
    ...defaults,
    calculate: false,
    color: {
      mode: HeatmapColorMode.Scheme,
      scheme: 'Turbo',
      fill: 'dark-orange',
      exponent: 0.5,
      steps: 64,
      reverse: false,
    },
    rowsFrame: { layout: HeatmapCellLayout.Auto, value: 'updates' },
    yAxis: { ...defaults.yAxis, unit: spec.unit },
    exemplars: { color: 'rgba(255, 0, 255, 0.7)' },
    legend: { show: true },
    tooltip: { ...defaults.tooltip, yHistogram: true },
  }
  bare.options = options
  return finishPanel(
    bare,
    { height: 9, ...spec },
    {
      custom: { scaleDistribution: { type: ScaleDistribution.Linear } },
    },
  )
}
