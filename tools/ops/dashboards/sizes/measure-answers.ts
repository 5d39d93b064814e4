import type { DashboardModel, Panel } from '../dashboard-model.ts'
import { ALL_VALUES, fillVariables, type VariableValues } from '../fill-variables.ts'
import { durationsOf, type TimeRange } from '../prometheus-client.ts'

/** What a panel gets at each refresh. */
export interface PanelAnswer {
  readonly uid: string
  readonly title: string
  readonly queries: number
  readonly series: number
  /** Of all its queries, uncompressed. */
  readonly bytes: number
  /** CPU time of Prometheus for all of them; unlike the time, it depends little on other programs. */
  readonly cpuMs: number
}

/** Most bytes of a panel at one refresh. */
export const MAX_BYTES = 1_000_000
const TIMEOUT_MS = 300_000

export interface MeasureOptions {
  readonly url: string
  /** Unix time: the end of every range. */
  readonly toSeconds: number
  /** Scrapes are as far apart, in seconds. */
  readonly intervalSeconds: number
  /** Instruments chosen where a dashboard does not offer all of them. */
  readonly chosen: readonly string[]
  /** CPU time of Prometheus so far. */
  readonly cpuSeconds: () => number
}

/** Asks a Prometheus all that the panels of the dashboards ask, those of closed rows too. */
export async function measureAnswers(
  dashboards: readonly DashboardModel[],
  options: MeasureOptions,
): Promise<PanelAnswer[]> {
  const answers: PanelAnswer[] = []
  for (const dashboard of dashboards) {
    for (const panel of dashboard.panels)
      answers.push(await measurePanel(dashboard, panel, options))
    for (const { name, expr, step } of dashboard.annotations) {
      const targets = [{ expr, isInstant: false }]
      const marks = { title: `marks: ${name}`, targets, interval: step }
      answers.push(await measurePanel(dashboard, marks, options))
    }
  }
  return answers
}

interface AskedPanel {
  readonly title: string
  /** Step: `5s`. */
  readonly interval: string
  readonly targets: readonly Pick<Panel['targets'][number], 'expr' | 'isInstant'>[]
}

async function measurePanel(
  dashboard: DashboardModel,
  { title, targets, interval }: AskedPanel,
  { url, toSeconds, intervalSeconds, chosen, cpuSeconds }: MeasureOptions,
): Promise<PanelAnswer> {
  const fromSeconds = toSeconds - rangeSecondsOf(dashboard)
  const range: TimeRange = { fromSeconds, toSeconds, stepSeconds: parseInt(interval) }
  const durations = { ...durationsOf(range), rateInterval: `${4 * intervalSeconds}s` }
  const cpuBefore = cpuSeconds()
  let [series, bytes] = [0, 0]
  for (const { expr, isInstant } of targets) {
    const query = fillVariables(expr, valuesOf(dashboard, chosen), durations)
    const answer = await ask(url, query, isInstant ? null : range, toSeconds)
    series += answer.series
    bytes += answer.bytes
  }
  const cpuMs = (cpuSeconds() - cpuBefore) * 1000
  return { uid: dashboard.uid, title, queries: targets.length, series, bytes, cpuMs }
}

/** What is selected when a dashboard is opened; of several instruments those that are chosen. */
function valuesOf(dashboard: DashboardModel, chosen: readonly string[]): VariableValues {
  const own = dashboard.variables.flatMap(({ name, hasAll, isMulti, current }) => {
    if (hasAll) return []
    const value = isMulti ? chosen.join('|') : current
    return value === '' ? [] : [[name, value] as const]
  })
  const selected: VariableValues = Object.fromEntries(own)
  return { ...ALL_VALUES, ...selected }
}

function rangeSecondsOf({ from }: DashboardModel): number {
  const [, count = '', unit = ''] = /^now-(\d+)([mh])$/.exec(from) ?? []
  return Number(count) * (unit === 'h' ? 3600 : 60)
}

async function ask(url: string, query: string, range: TimeRange | null, timeSeconds: number) {
  const parameters =
    range === null
      ? { query, time: String(timeSeconds) }
      : {
          query,
          start: String(range.fromSeconds),
          end: String(range.toSeconds),
          step: String(range.stepSeconds),
        }
  const path = range === null ? 'query' : 'query_range'
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const body = Buffer.from(await response.arrayBuffer())
  const { data, error } = JSON.parse(body.toString()) as {
    data?: { result: readonly unknown[] }
    error?: string
  }
  if (data === undefined) throw new Error(`${query}: ${error ?? response.status}`)
  return { series: data.result.length, bytes: body.length }
}
