import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { ALL_VALUES, fillVariables } from '../../../tools/ops/dashboards/fill-variables.ts'
import { problemsOf } from '../../../tools/ops/programs.ts'

const DURATIONS = { rateInterval: '20s', range: '600s' }
/** Labels of our series, unless given. */
const OURS = 'job="orderbook",instance="consumer-1:9464"'

/** A series in promtool's notation, every 5 s. */
export interface GivenSeries {
  readonly name: string
  /** In addition to job and instance: `instrument="A"`. */
  readonly labels?: string
  readonly values: string
  /** Replaces job and instance. */
  readonly of?: string
}

export interface WantedSample {
  /** As promtool prints them: `{instrument="A"}`. */
  readonly labels: string
  readonly value: number
}

/** The expression of a panel with everything selected. */
export function exprOf(uid: string, title: string, refId: string): string {
  const dashboard = readDashboards().find((one) => one.uid === uid)
  const query =
    dashboard?.panels
      .find((panel) => panel.title === title)
      ?.targets.find((target) => target.refId === refId)?.expr ??
    (refId === 'annotation'
      ? dashboard?.annotations.find(({ name }) => name === title)?.expr
      : undefined)
  if (query === undefined) throw new Error(`no query ${uid}, ${title}, ${refId}`)
  return fillVariables(query, ALL_VALUES, DURATIONS)
}

/**
 * Evaluates an expression with promtool, which has the engine of Prometheus.
 * @returns its complaints; empty if exactly these samples are the answer
 */
export async function answerProblems(
  given: readonly GivenSeries[],
  expr: string,
  atTime: string,
  wanted: readonly WantedSample[],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-panels-'))
  try {
    const file = join(folder, 'test.yml')
    const test = {
      interval: '5s',
      input_series: given.map(({ name, labels = '', values, of = OURS }) => ({
        series: `${name}{${[of, labels].filter((part) => part !== '').join(',')}}`,
        values,
      })),
      promql_expr_test: [{ expr, eval_time: atTime, exp_samples: wanted }],
    }
    writeFileSync(file, stringify({ rule_files: [], evaluation_interval: '5s', tests: [test] }))
    return await problemsOf('promtool', ['test', 'rules', file])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
