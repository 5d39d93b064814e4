import type { FieldConfig, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { runbookUrl } from '../../../prometheus/src/links.ts'
import { DATASOURCE, SCRAPE_INTERVAL } from './datasource.ts'
import { urlLink } from './link.ts'
import { buildQuery, type Query } from './query.ts'

/** Grafana units in use. */
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

/** Texts and layout of a panel. */
export interface PanelSpec {
  readonly title: string
  /** What is shown, for a first-time reader. */
  readonly what: string
  /** Normal values. */
  readonly normal: string
  /** What to do with other values. */
  readonly act: string
  /** Why data may be absent; shown instead of missing values. */
  readonly absent: string
  readonly unit: Unit
  /** Width in columns, of 24. */
  readonly width: number
  /** Height in rows of Grafana's grid. */
  readonly height: number
  readonly queries: readonly Query[]
  /** Least step; default: the scrape interval. Longer where a query reads the series of all books. */
  readonly step?: string
  /** Alerts whose runbooks the panel links to. */
  readonly runbooks?: readonly string[]
}

/** A panel without a position. */
export interface SizedPanel {
  readonly panel: Panel
  readonly width: number
  readonly height: number
}

/**
 * Adds the common parts to a panel of the SDK.
 * @param bare built by the SDK builder of its type
 * @param field field settings that override those of the builder
 */
export function finishPanel(bare: Panel, spec: PanelSpec, field: FieldConfig = {}): SizedPanel {
  const config = bare.fieldConfig
  const panel: Panel = {
    ...bare,
    title: spec.title,
    description: `${spec.what}\n\n**Normal:** ${spec.normal}\n\n**Else:** ${spec.act}`,
    datasource: DATASOURCE,
    interval: spec.step ?? SCRAPE_INTERVAL,
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
