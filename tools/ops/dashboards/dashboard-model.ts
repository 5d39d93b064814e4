import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf } from '../check-prometheus.ts'
import { ROOT } from '../programs.ts'
import { DASHBOARD_FOLDER } from '../render-dashboards.ts'

/** A query of a panel, as far as it is checked. */
export interface Target {
  readonly refId: string
  readonly expr: string
  readonly datasource: DatasourceRef
  readonly isInstant: boolean
  readonly hasExemplars: boolean
  readonly legendFormat: string
  readonly format: string
}

export interface DatasourceRef {
  readonly type: string
  readonly uid: string
}

export interface Panel {
  readonly id: number | null
  readonly type: string
  readonly title: string
  readonly description: string
  readonly interval: string
  readonly datasource: DatasourceRef
  readonly targets: readonly Target[]
  /** Default unit of its values; empty without one. */
  readonly unit: string
  readonly noValue: string
  /** Units of single fields. */
  readonly overrideUnits: readonly string[]
  /** The complete JSON, for drawing. */
  readonly json: JsonObject
}

export interface Variable {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly query: string
  readonly datasource: DatasourceRef
  readonly isMulti: boolean
  /** Whether "All" can be chosen; it is at first. */
  readonly hasAll: boolean
  /** First value, or empty: several or none. */
  readonly current: string
  readonly allValue: string
  readonly refresh: number | null
}

export interface Annotation {
  readonly name: string
  readonly expr: string
  /** Step of its query: `15s`. */
  readonly step: string
  readonly datasource: DatasourceRef
}

/** A Grafana dashboard file, with the panels of its rows in one list. */
export interface DashboardModel {
  readonly uid: string
  readonly title: string
  readonly isEditable: boolean
  /** Start of its time range: `now-1h`. */
  readonly from: string
  readonly panels: readonly Panel[]
  readonly variables: readonly Variable[]
  readonly annotations: readonly Annotation[]
  readonly json: JsonObject
}

export type JsonObject = Readonly<Record<string, unknown>>

/** The committed dashboards. */
export function readDashboards(): DashboardModel[] {
  return filesOf(DASHBOARD_FOLDER, '.json').map((path) =>
    parseDashboard(JSON.parse(readFileSync(join(ROOT, path), 'utf8'))),
  )
}

/** @param value parsed JSON; missing fields read as empty, which the lint reports */
export function parseDashboard(value: unknown): DashboardModel {
  const json = object(value)
  return {
    uid: text(json['uid']),
    title: text(json['title']),
    // Grafana's own default.
    isEditable: json['editable'] !== false,
    from: text(object(json['time'])['from']),
    panels: list(json['panels']).flatMap(parsePanels),
    variables: list(object(json['templating'])['list']).map(parseVariable),
    annotations: list(object(json['annotations'])['list']).map((annotation) => ({
      name: text(annotation['name']),
      expr: text(annotation['expr']),
      step: text(annotation['step']),
      datasource: parseDatasource(annotation['datasource']),
    })),
    json,
  }
}

/** A closed row contains its panels. */
function parsePanels(json: JsonObject): Panel[] {
  if (json['type'] === 'row') return list(json['panels']).flatMap(parsePanels)
  const { defaults, overrides } = object(json['fieldConfig'])
  const properties = list(overrides).flatMap((override) => list(override['properties']))
  const panel: Panel = {
    id: typeof json['id'] === 'number' ? json['id'] : null,
    type: text(json['type']),
    title: text(json['title']),
    description: text(json['description']),
    interval: text(json['interval']),
    datasource: parseDatasource(json['datasource']),
    targets: list(json['targets']).map(parseTarget),
    unit: text(object(defaults)['unit']),
    noValue: text(object(defaults)['noValue']),
    overrideUnits: properties
      .filter(({ id }) => id === 'unit')
      .map((property) => text(property['value'])),
    json,
  }
  return [panel]
}

function parseTarget(json: JsonObject): Target {
  return {
    refId: text(json['refId']),
    expr: text(json['expr']),
    datasource: parseDatasource(json['datasource']),
    isInstant: json['instant'] === true,
    hasExemplars: json['exemplar'] === true,
    legendFormat: text(json['legendFormat']),
    format: text(json['format']),
  }
}

function parseVariable(json: JsonObject): Variable {
  const { query } = json
  return {
    name: text(json['name']),
    label: text(json['label']),
    type: text(json['type']),
    query: typeof query === 'string' ? query : text(object(query)['query']),
    datasource: parseDatasource(json['datasource']),
    isMulti: json['multi'] === true,
    hasAll: json['includeAll'] === true,
    current: text(object(json['current'])['value']),
    allValue: text(json['allValue']),
    refresh: typeof json['refresh'] === 'number' ? json['refresh'] : null,
  }
}

function parseDatasource(value: unknown): DatasourceRef {
  if (typeof value === 'string') return { type: '', uid: value }
  const json = object(value)
  return { type: text(json['type']), uid: text(json['uid']) }
}

/** @returns an empty object for anything else */
export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {}
}

/** @returns an empty list for anything else */
export function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(object) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
