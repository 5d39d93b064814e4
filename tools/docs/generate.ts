/** Writes the generated files: pages of docs/, types of the client; with --check, names outdated ones and exits 1. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { renderAsyncApi } from './asyncapi-document.ts'
import { renderApiDocument, renderClientTypes } from './api-document.ts'
import { renderConfigPage } from './config-table.ts'
import { renderMetricsPage } from './metrics-table.ts'
import { renderProblemsPage } from './problems-table.ts'

const PAGES = [
  { path: 'docs/config.md', render: renderConfigPage },
  { path: 'docs/metrics.md', render: renderMetricsPage },
  { path: 'docs/problems.md', render: renderProblemsPage },
  { path: 'docs/openapi.json', render: renderApiDocument },
  { path: 'docs/asyncapi.yaml', render: renderAsyncApi },
  { path: 'client/api-types.ts', render: renderClientTypes },
]

const isCheck = process.argv.includes('--check')
const stale: string[] = []

for (const { path, render } of PAGES) {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  const config = await resolveConfig(file)
  const wanted = await format(await render(), { ...config, filepath: file })
  const present = await readFile(file, 'utf8').catch(() => '')
  if (present === wanted) continue
  if (isCheck) stale.push(path)
  else await writeFile(file, wanted)
}

if (stale.length > 0) {
  process.stderr.write(`outdated generated files: ${stale.join(', ')}; npm run docs:generate\n`)
  process.exitCode = 1
}
