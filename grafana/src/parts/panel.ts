import type { FieldConfig, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { runbookUrl } from '../../../prometheus/src/links.ts'
import { DATASOURCE, SCRAPE_INTERVAL } from './datasource.ts'
import { urlLink } from './link.ts'
import { buildQuery, type Query } from './query.ts'

/** Units of Grafana that we use. */
export type Unit =
  | 's'
  | 'short'
  | 'none'
  | 'percentunit'
  | 'bytes'
  | 'Bps'
  | 'ops'
  | 'cps'
  | 'reqps'
  | 'string'
  | 'dateTimeAsLocalNoDateIfToday'

/** What every panel says of itself. */
export interface PanelSpec {
  readonly title: string
  /** What is shown, for whom reads it first. */
  readonly what: string
  /** What it looks like when all is well. */
  readonly normal: string
  /** What to do when it looks otherwise. */
  readonly act: string
  /** Why there may be nothing to show: stands in the place of values that are not there. */
  readonly absent: string
  readonly unit: Unit
  /** Of 24 columns. */
  readonly width: number
  /** In rows of Grafana's grid. */
  readonly height: number
  readonly queries: readonly Query[]
  /** Alerts whose runbooks the panel leads to. */
  readonly runbooks?: readonly string[]
}

/** A panel before it has a place. */
export interface SizedPanel {
  readonly panel: Panel
  readonly width: number
  readonly height: number
  /** Variable for each of whose values the panel is there once. */
  readonly repeat?: 'instrument'
}

/**
 * The panel of a builder of the SDK with what all panels have.
 * @param bare made by the builder of its kind
 * @param field settings of all its values, over those of the builder
 */
export function finishPanel(bare: Panel, spec: PanelSpec, field: FieldConfig = {}): SizedPanel {
  const config = bare.fieldConfig
  const panel: Panel = {
    ...bare,
    title: spec.title,
    description: `${spec.what}\n\n**Normal:** ${spec.normal}\n\n**Else:** ${spec.act}`,
    datasource: DATASOURCE,
    interval: SCRAPE_INTERVAL,
    targets: spec.queries.map(buildQuery),
    fieldConfig: {
      overrides: config?.overrides ?? [],
      defaults: { ...config?.defaults, unit: spec.unit, noValue: spec.absent, ...field },
    },
    ...(spec.runbooks === undefined ? {} : { links: spec.runbooks.map(runbookLink) }),
  }
  return { panel, width: spec.width, height: spec.height }
}

function runbookLink(alert: string) {
  return urlLink(`Runbook ${alert}`, runbookUrl(alert))
}
