import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import { DATASOURCE } from './datasource.ts'

/** Query type: over the range, at its end, or for a heat map. */
type QueryKind = 'range' | 'instant' | 'table' | 'heatmap'

export interface Query {
  readonly expr: string
  /** Legend template; empty without a legend. */
  readonly legend: string
  readonly kind: QueryKind
  /** Also queries exemplars; only for lags. */
  readonly hasExemplars: boolean
}

/** A query over the range of the dashboard. @param legend with labels as `{{instrument}}` */
export function query(expr: string, legend: string): Query {
  return { expr, legend, kind: 'range', hasExemplars: false }
}

/** A lag query; its exemplars link to traces. */
export function lagQuery(expr: string, legend: string): Query {
  return { ...query(expr, legend), hasExemplars: true }
}

/** Buckets of a histogram for a heat map; its exemplars link to traces. */
export function bucketQuery(expr: string): Query {
  return { expr, legend: '{{le}}', kind: 'heatmap', hasExemplars: true }
}

/** The value at the end of the range, for a stat panel. */
export function nowQuery(expr: string, legend: string): Query {
  return { ...query(expr, legend), kind: 'instant' }
}

/** The values at the end of the range with their labels, for a table. */
export function rowsQuery(expr: string): Query {
  return { ...query(expr, ''), kind: 'table' }
}

/** @param index counts the queries of a panel; its letter names the columns of tables */
export function buildQuery(of: Query, index: number): Dataquery {
  const builder = new DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(DATASOURCE)
    .expr(of.expr)
    .format(FORMATS[of.kind])
  if (of.legend !== '') builder.legendFormat(of.legend)
  if (of.hasExemplars) builder.exemplar(true)
  return (
    of.kind === 'instant' || of.kind === 'table' ? builder.instant() : builder.range()
  ).build()
}

const FORMATS: Readonly<Record<QueryKind, PromQueryFormat>> = {
  range: PromQueryFormat.TimeSeries,
  instant: PromQueryFormat.TimeSeries,
  table: PromQueryFormat.Table,
  heatmap: PromQueryFormat.Heatmap,
}
