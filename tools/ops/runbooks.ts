import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './programs.ts'

const FOLDER = join(ROOT, 'docs', 'runbooks')
const INDEX = 'README.md'

/** A query of a runbook and its link. */
export interface LinkedQuery {
  readonly query: string
  readonly url: string
}

export interface Runbook {
  /** Name of the alert: the file name without suffix. */
  readonly alert: string
  readonly text: string
  readonly queries: readonly LinkedQuery[]
}

/** All runbooks by the name of their alert. */
export function readRunbooks(): Runbook[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.md') && name !== INDEX)
  return files.sort().map((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    const links = text.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)
    const queries = [...links].map(([, query = '', url = '']) => ({ query, url }))
    return { alert: name.replace(/\.md$/, ''), text, queries }
  })
}

/** Link to a query in the Prometheus of the compose stack. */
export function graphUrl(query: string): string {
  const written = encodeURIComponent(query).replaceAll(
    /[()*!']/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `http://127.0.0.1:9090/graph?g0.expr=${written}&g0.tab=0`
}
