import { selectorsOf } from './dashboards/promql.ts'

/** Names of the series in an expression, each once. */
export function promqlNames(expr: string): string[] {
  return [...new Set(selectorsOf(expr).map(({ name }) => name))]
}
