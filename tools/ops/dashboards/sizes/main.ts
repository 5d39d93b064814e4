/**
 * Measures what every panel of the dashboards gets from a real Prometheus with many books, and writes the
 * table of docs/dashboards/answers.md. Fails where a panel gets more than 1 MB; times are printed only.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { writeFiles } from '../../generated-file.ts'
import { readDashboards } from '../dashboard-model.ts'
import { measureMany } from './measure-many.ts'
import { renderAnswers } from './render-answers.ts'

const DOCUMENT = 'docs/dashboards/answers.md'

const { values } = parseArgs({
  options: {
    books: { type: 'string', default: '3000' },
    // As prometheus.yml scrapes; longer ones have the same answers, in less time.
    interval: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})
const books = Number(values.books)
const intervalSeconds = Number(values.interval)
const { answers, problems } = await measureMany(readDashboards(), { books, intervalSeconds })
const page = renderAnswers(answers, { books, intervalSeconds })
process.stdout.write(page)
if (values.write) await writeFiles([{ path: DOCUMENT, text: page, parser: 'markdown' }])
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
