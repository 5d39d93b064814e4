import { BigValueColorMode, BigValueGraphMode } from '@grafana/grafana-foundation-sdk/common'
import type {
  FieldConfig,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder, type Options } from '@grafana/grafana-foundation-sdk/stat'
import { BY_LIMIT, DOUBTFUL_FROM_ONE, PLAIN } from './colors.ts'
import { finishPanel, type PanelSpec, type SizedPanel } from './panel.ts'

export interface StatSpec extends Omit<PanelSpec, 'height' | 'width'> {
  readonly width?: number
  readonly height?: number
  /** Thresholds; without them the value has no colour. */
  readonly thresholds?: ThresholdsConfig
  readonly mappings?: readonly ValueMapping[]
  /** Whether the background has the colour of the mapping. */
  readonly isMapped?: boolean
  /** Legends of values without thresholds. */
  readonly reported?: readonly string[]
  /** Legends of values that are doubtful, not bad, from 1 on. */
  readonly doubtful?: readonly string[]
  readonly decimals?: number
  /** Font size in pixels, where text would not fit otherwise. */
  readonly textSize?: number
}

/** A panel with the current value. */
export function stat(spec: StatSpec): SizedPanel {
  const isColored = spec.thresholds !== undefined || spec.isMapped === true
  const bare = new PanelBuilder()
    .graphMode(BigValueGraphMode.None)
    .colorMode(isColored ? BigValueColorMode.Background : BigValueColorMode.Value)
    .build()
  const defaults = bare.options as Options
  bare.options = {
    ...defaults,
    reduceOptions: { calcs: ['lastNotNull'], values: false },
    ...(spec.textSize === undefined ? {} : { text: { valueSize: spec.textSize } }),
  }
  const field: FieldConfig = { color: spec.thresholds === undefined ? PLAIN : BY_LIMIT }
  if (spec.thresholds !== undefined) field.thresholds = spec.thresholds
  if (spec.mappings !== undefined) field.mappings = [...spec.mappings]
  if (spec.decimals !== undefined) field.decimals = spec.decimals
  const byName = (name: string, id: string, value: unknown) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id, value }],
  })
  const overrides = [
    ...(spec.reported ?? []).map((name) => byName(name, 'color', PLAIN)),
    ...(spec.doubtful ?? []).map((name) => byName(name, 'thresholds', DOUBTFUL_FROM_ONE)),
  ]
  bare.fieldConfig = { defaults: {}, overrides }
  return finishPanel(bare, { width: 4, height: 4, ...spec }, field)
}
