import { selectorsOf } from './dashboards/promql.ts'

/** Names of the series that an expression reads, each once. */
export function promqlNames(expr: string): string[] {
  return [...new Set(selectorsOf(expr).map(({ name }) => name))]
}
