import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { askDocument, queriesOf } from '../../../tools/ops/dashboards/ask-document.ts'
import { PrometheusClient } from '../../../tools/ops/dashboards/prometheus-client.ts'
import { syntaxError } from '../../../tools/ops/dashboards/promql.ts'
import { knownNames } from '../../../tools/ops/known-names.ts'
import { promqlNames } from '../../../tools/ops/promql-names.ts'
import { registerCleanUp } from '../../support/clean-up.ts'

const PAGE = readFileSync(new URL('../../../docs/promql.md', import.meta.url), 'utf8')
const block = (expr: string) => `\`\`\`promql\n${expr}\n\`\`\`\n`

/** A Prometheus with the value of each known expression; it rejects all others. */
async function startPrometheus(values: Readonly<Record<string, string | null>>) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://prometheus')
    const value = values[url.searchParams.get('query') ?? '']
    response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/json' })
    const result = typeof value === 'string' ? [{ metric: {}, value: [1, value] }] : []
    response.end(
      JSON.stringify(value === undefined ? { error: 'parse error' } : { data: { result } }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => void server.close())
  const { port } = server.address() as AddressInfo
  return new PrometheusClient(`http://127.0.0.1:${port}`)
}

describe('queries of a page', () => {
  it('belong to the heading above them, and other blocks are none', () => {
    const page = `# Page\n## One\n${block('a\n/ b')}text\n${block('c')}## Two\n\`\`\`sh\nls\n\`\`\`\n${block('d')}`
    expect(queriesOf(page)).toEqual([
      { heading: 'One', expr: 'a\n/ b' },
      { heading: 'One', expr: 'c' },
      { heading: 'Two', expr: 'd' },
    ])
  })

  it('are problems without data, without a number, or when Prometheus rejects them', async () => {
    const client = await startPrometheus({ zero: '0', none: null, nan: 'NaN' })
    const page = ['zero', 'none', 'nan', 'broken('].map((expr) => `## Q ${expr}\n${block(expr)}`)
    expect(await askDocument(page.join('\n'), client, 1)).toEqual([
      'Q none: no data for none',
      'Q nan: no data for nan',
      'Q broken(: parse error',
    ])
  })
})

describe('docs/promql.md', () => {
  it('answers each of its questions with a query', () => {
    const headings = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
    expect(headings.length).toBeGreaterThanOrEqual(10)
    expect([...new Set(queriesOf(PAGE).map(({ heading }) => heading))]).toEqual(headings)
  })

  it('uses only names that exist', async () => {
    const known = await knownNames()
    for (const { expr } of queriesOf(PAGE)) {
      expect(syntaxError(expr), expr).toBeNull()
      expect(promqlNames(expr).filter((name) => !known.has(name))).toEqual([])
    }
  })
})
