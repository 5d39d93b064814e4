import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { RUNBOOK_BASE_URL } from '../../../prometheus/src/generation.ts'
import type { DashboardUid } from '../../../prometheus/src/links.ts'
import { DATASOURCE, SCRAPE_INTERVAL } from './datasource.ts'
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
  readonly panels: readonly SizedPanel[]
}

export interface DashboardSpec {
  readonly uid: DashboardUid
  readonly title: string
  readonly description: string
  /** In addition to those of all dashboards. */
  readonly variables?: readonly VariableModel[]
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
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .variables(
      [...commonVariables(), ...(spec.variables ?? []), apiVariable()].map((variable) => ({
        build: () => variable,
      })),
    )
  return {
    ...builder.build(),
    annotations: { list: [alertAnnotation(), restartAnnotation()] },
    links: [
      dashboardsLink(TAG),
      urlLink('Runbooks', `${RUNBOOK_BASE_URL}/README.md`, 'doc'),
      apiLink('Snapshots', '/api/v1/snapshots?state=any'),
      apiLink('Pipeline', '/api/v1/pipeline'),
    ],
    panels: place(spec.rows),
  }
}

function apiLink(title: string, path: string) {
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
      .step(SCRAPE_INTERVAL)
      .useValueForTime(true)
      .titleFormat('Process started')
      .textFormat('{{instance}}')
      .build(),
  )
}

/** Assigns ids and positions to panels: left to right, then top to bottom. */
function place(rows: readonly Row[]): (Panel | RowPanel)[] {
  let id = 0
  let y = 0
  const nextId = () => (id += 1)
  return rows.flatMap(({ title, isCollapsed = false, panels }): (Panel | RowPanel)[] => {
    const row = new RowBuilder(title)
      .id(nextId())
      .collapsed(isCollapsed)
      .gridPos({ x: 0, y, w: COLUMNS, h: 1 })
      .build()
    y += 1
    let x = 0
    let rowHeight = 0
    const placed = panels.map(({ panel, width, height, repeat }) => {
      if (x + width > COLUMNS) {
        x = 0
        y += rowHeight
        rowHeight = 0
      }
      const gridPos = { x, y, w: width, h: height }
      x += width
      rowHeight = Math.max(rowHeight, height)
      const repeated =
        repeat === undefined ? {} : { repeat, repeatDirection: 'h' as const, maxPerRow: 2 }
      return { ...panel, id: nextId(), gridPos, ...repeated }
    })
    if (isCollapsed) return [{ ...row, panels: placed }]
    y += rowHeight
    return [{ ...row, panels: [] }, ...placed]
  })
}
