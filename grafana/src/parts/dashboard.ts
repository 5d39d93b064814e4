import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
  type DashboardLink,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { RUNBOOK_BASE_URL } from '../../../prometheus/src/generation.ts'
import type { DashboardUid } from '../../../prometheus/src/links.ts'
import { DATASOURCE } from './datasource.ts'
import { dashboardsLink, inSight, urlLink } from './link.ts'
import type { SizedPanel } from './panel.ts'
import { firingAlerts, series } from './selector.ts'
import { apiVariable, commonVariables } from './variables.ts'

const TAG = 'orderbook'
const COLUMNS = 24
/** Shorter than any alert fires. */
const ANNOTATION_STEP = '15s'

export interface Row {
  readonly title: string
  /** Collapsed by default. */
  readonly isCollapsed?: boolean
  /** Variable by whose values the row is repeated: in a copy it has one value. */
  readonly repeat?: 'instrument'
  readonly panels: readonly SizedPanel[]
}

export interface DashboardSpec {
  readonly uid: DashboardUid
  readonly title: string
  readonly description: string
  /** In addition to those of all dashboards. */
  readonly variables?: readonly VariableModel[]
  /** Default: several instruments, all of them at first. */
  readonly instrument?: VariableModel
  /** Default: the last hour. */
  readonly from?: string
  /** Default: 10 s. */
  readonly refresh?: string
  /** In addition to those of all dashboards. */
  readonly links?: readonly DashboardLink[]
  readonly rows: readonly Row[]
}

/** Builds a dashboard with the common variables, links and annotations. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .timezone('browser')
    .time({ from: spec.from ?? 'now-1h', to: 'now' })
    .refresh(spec.refresh ?? '10s')
    .variables(
      [...commonVariables(spec.instrument), ...(spec.variables ?? []), apiVariable()].map(
        (variable) => ({
          build: () => variable,
        }),
      ),
    )
  return {
    ...builder.build(),
    annotations: { list: [alertAnnotation(), restartAnnotation(), versionAnnotation()] },
    links: [
      dashboardsLink(TAG),
      urlLink('Runbooks', `${RUNBOOK_BASE_URL}/README.md`, 'doc'),
      ...(spec.links ?? []),
      apiLink('Snapshots', '/api/v1/snapshots?state=any'),
      apiLink('Pipeline', '/api/v1/pipeline'),
    ],
    panels: place(spec.rows),
  }
}

/** A link to a path of the service. */
export function apiLink(title: string, path: string) {
  return urlLink(title, `\${api:raw}${path}`, 'external link')
}

function alertAnnotation() {
  return inSight(
    new AnnotationQueryBuilder()
      .name('Alerts')
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor('red')
      // One series a kind, not a book, and fewer points than a graph: 3,000 books may have the same alert.
      .expr(`max by (alertname, severity) (${firingAlerts()})`)
      .step(ANNOTATION_STEP)
      .titleFormat('{{alertname}}')
      .textFormat('{{severity}}')
      .tagKeys('severity')
      .build(),
  )
}

function restartAnnotation() {
  return inSight(
    new AnnotationQueryBuilder()
      .name('Restarts')
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor('blue')
      .expr(`${series('process_start_time_seconds')} * 1000`)
      .step(ANNOTATION_STEP)
      .useValueForTime(true)
      .titleFormat('Process started')
      .textFormat('{{instance}}')
      .build(),
  )
}

/** How long a version stays known after its last process: longer than a rollout. */
const VERSION_MEMORY = '1h'

/**
 * Marks the time at which a version of a role is there for the first time in an hour, if another one was
 * before. Not by instance: a new version often has new addresses.
 */
function versionAnnotation() {
  const info = series(metric.buildInfo)
  const before = `last_over_time(${info}[${VERSION_MEMORY}] offset 1m)`
  return inSight(
    new AnnotationQueryBuilder()
      .name('Versions')
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor('purple')
      .expr(
        `group by (job, role, version) (${info})
unless
group by (job, role, version) (${before})
and on (job, role)
group by (job, role) (${before})`,
      )
      .step(ANNOTATION_STEP)
      .titleFormat('Version {{version}}')
      .textFormat('{{role}}')
      .build(),
  )
}

/** Assigns ids and positions to panels: left to right, then top to bottom. */
function place(rows: readonly Row[]): (Panel | RowPanel)[] {
  let id = 0
  let y = 0
  const nextId = () => (id += 1)
  return rows.flatMap(({ title, isCollapsed = false, repeat, panels }): (Panel | RowPanel)[] => {
    const builder = new RowBuilder(title)
      .id(nextId())
      .collapsed(isCollapsed)
      .gridPos({ x: 0, y, w: COLUMNS, h: 1 })
    if (repeat !== undefined) builder.repeat(repeat)
    const row = builder.build()
    y += 1
    let x = 0
    let rowHeight = 0
    const placed = panels.map(({ panel, width, height }) => {
      if (x + width > COLUMNS) {
        x = 0
        y += rowHeight
        rowHeight = 0
      }
      const gridPos = { x, y, w: width, h: height }
      x += width
      rowHeight = Math.max(rowHeight, height)
      return { ...panel, id: nextId(), gridPos }
    })
    if (isCollapsed) return [{ ...row, panels: placed }]
    y += rowHeight
    return [{ ...row, panels: [] }, ...placed]
  })
}
