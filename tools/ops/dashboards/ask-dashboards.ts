import { messageOf } from '../../../src/errors.ts'
import type { DashboardModel, Panel } from './dashboard-model.ts'
import { ALL_VALUES, fillVariables } from './fill-variables.ts'
import type { PrometheusClient, Series, TimeRange } from './prometheus-client.ts'
import type { PanelWithoutData } from './without-data.ts'

const RATE_INTERVAL = '20s'

/** Something that a dashboard asks Prometheus. */
interface Question {
  /** For a person. */
  readonly where: string
  /** What it wants to find. */
  readonly wanted: 'data' | 'traces' | 'values'
  /** As the dashboard has it, with its variables. */
  readonly expr: string
  /** @returns whether it finds something @throws Error with what Prometheus has against it */
  readonly ask: (filled: string) => Promise<boolean>
  /** Of a panel whose data may be missing. */
  readonly exception?: PanelWithoutData
}

/**
 * Asks Prometheus everything that the dashboards would: queries of panels and their traces, of variables
 * and of annotations.
 * @returns what finds nothing or is refused, and exceptions that are of no use
 */
export async function askDashboards(
  dashboards: readonly DashboardModel[],
  client: PrometheusClient,
  range: TimeRange,
  exceptions: readonly PanelWithoutData[],
): Promise<string[]> {
  const problems: string[] = []
  const idle = new Set(exceptions)
  const questions = dashboards.flatMap((dashboard) => [
    ...dashboard.panels.flatMap((panel) => ofPanel(dashboard, panel, client, range, exceptions)),
    ...ofVariables(dashboard, client),
    ...ofAnnotations(dashboard, client, range),
  ])
  for (const { where, wanted, expr, ask, exception } of questions) {
    try {
      const filled = fillVariables(expr, ALL_VALUES, RATE_INTERVAL)
      if (await ask(filled)) continue
      if (exception !== undefined) idle.delete(exception)
      else problems.push(`${where}: no ${wanted} for ${filled}`)
    } catch (error) {
      problems.push(`${where}: ${messageOf(error)}`)
    }
  }
  return [
    ...problems,
    ...[...idle].map(
      ({ dashboard, panel, refId }) =>
        `without-data.ts: ${dashboard}, ${panel}, ${refId} has data now, or is no more: take the line out`,
    ),
  ]
}

function ofPanel(
  { uid }: DashboardModel,
  { title, targets }: Panel,
  client: PrometheusClient,
  range: TimeRange,
  exceptions: readonly PanelWithoutData[],
): Question[] {
  return targets.flatMap(({ refId, expr, isInstant, hasExemplars }) => {
    const where = `${uid}, ${title}, ${refId}`
    const exception = exceptions.find(
      (one) => one.dashboard === uid && one.panel === title && one.refId === refId,
    )
    const data: Question = {
      where,
      wanted: 'data',
      expr,
      ask: async (filled) =>
        hasValues(
          await (isInstant ? client.instant(filled, range.toSeconds) : client.range(filled, range)),
        ),
      ...(exception === undefined ? {} : { exception }),
    }
    const traces: Question = {
      where,
      wanted: 'traces',
      expr,
      ask: async (filled) =>
        (await client.exemplars(filled, range)).some(({ traceId }) => traceId !== ''),
    }
    return hasExemplars ? [data, traces] : [data]
  })
}

function ofVariables({ uid, variables }: DashboardModel, client: PrometheusClient): Question[] {
  return variables
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => {
      const [, selector = '', label = ''] = /^label_values\((.*),\s*(\w+)\)$/s.exec(query) ?? []
      return {
        where: `${uid}, variable ${name}`,
        wanted: 'values',
        expr: selector,
        ask: async (filled) => (await client.labelValues(label, filled)).length > 0,
      }
    })
}

function ofAnnotations(
  { uid, annotations }: DashboardModel,
  client: PrometheusClient,
  range: TimeRange,
): Question[] {
  return annotations.map(({ name, expr }) => ({
    where: `${uid}, annotation ${name}`,
    wanted: 'data',
    expr,
    ask: async (filled) => hasValues(await client.range(filled, range)),
  }))
}

function hasValues(answer: readonly Series[]): boolean {
  return answer.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)))
}
