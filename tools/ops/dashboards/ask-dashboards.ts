import { messageOf } from '../../../src/errors.ts'
import type { DashboardModel, Panel } from './dashboard-model.ts'
import { ALL_VALUES, fillVariables } from './fill-variables.ts'
import {
  type PrometheusClient,
  type Series,
  type TimeRange,
  durationsOf,
} from './prometheus-client.ts'
import { ANNOTATION, type PanelWithoutData } from './without-data.ts'

/** A query of a dashboard. */
interface Question {
  /** Description for error messages. */
  readonly where: string
  /** Expected kind of result. */
  readonly wanted: 'data' | 'traces' | 'values'
  /** Expression of the dashboard, with its variables. */
  readonly expr: string
  /** @returns whether it has a result @throws Error with the message of Prometheus */
  readonly ask: (filled: string) => Promise<boolean>
  /** For panels whose data may be missing. */
  readonly exception?: PanelWithoutData
}

/**
 * Runs all queries of the dashboards: those of panels and their exemplars, of variables
 * and of annotations.
 * @returns queries without data or with errors, and unneeded exceptions
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
    ...ofAnnotations(dashboard, client, range, exceptions),
  ])
  for (const { where, wanted, expr, ask, exception } of questions) {
    try {
      const filled = fillVariables(expr, ALL_VALUES, durationsOf(range))
      if (await ask(filled)) {
        if (exception?.dependsOnTime === true) idle.delete(exception)
        continue
      }
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
        `without-data.ts: ${dashboard}, ${panel}, ${refId} has data now, or does not exist; remove the line`,
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
    const exception = exceptionFor(exceptions, uid, title, refId)
    const data: Question = {
      where,
      wanted: 'data',
      expr,
      ask: async (filled) =>
        hasValues(
          await (isInstant ? client.instant(filled, range.toSeconds) : client.range(filled, range)),
        ),
      ...exception,
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
  exceptions: readonly PanelWithoutData[],
): Question[] {
  return annotations.map(({ name, expr }) => ({
    where: `${uid}, annotation ${name}`,
    wanted: 'data',
    expr,
    ask: async (filled) => hasValues(await client.range(filled, range)),
    ...exceptionFor(exceptions, uid, name, ANNOTATION),
  }))
}

function exceptionFor(
  exceptions: readonly PanelWithoutData[],
  uid: string,
  title: string,
  refId: string,
): { exception?: PanelWithoutData } {
  const exception = exceptions.find(
    (one) => one.dashboard === uid && one.panel === title && one.refId === refId,
  )
  return exception === undefined ? {} : { exception }
}

function hasValues(answer: readonly Series[]): boolean {
  return answer.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)))
}
