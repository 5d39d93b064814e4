import { messageOf } from '../../../src/errors.ts'
import type { PrometheusClient } from './prometheus-client.ts'

/** A query of a page of the docs. */
export interface DocumentQuery {
  /** Heading above it. */
  readonly heading: string
  readonly expr: string
}

/** Every block of PromQL in a Markdown page, in its order. */
export function queriesOf(markdown: string): DocumentQuery[] {
  let heading = ''
  return [...markdown.matchAll(/^## ([^\n]+)$|^```promql\n(.*?)^```$/gms)].flatMap(
    ([, title, expr]) => {
      if (title !== undefined) heading = title
      return expr === undefined ? [] : [{ heading, expr: expr.trim() }]
    },
  )
}

/**
 * Runs every query of a page at one time.
 * @returns queries without data or with errors
 */
export async function askDocument(
  markdown: string,
  client: PrometheusClient,
  atSeconds: number,
): Promise<string[]> {
  const problems: string[] = []
  for (const { heading, expr } of queriesOf(markdown)) {
    try {
      const series = await client.instant(expr, atSeconds)
      const hasData = series.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)))
      if (!hasData) problems.push(`${heading}: no data for ${expr}`)
    } catch (error) {
      problems.push(`${heading}: ${messageOf(error)}`)
    }
  }
  return problems
}
