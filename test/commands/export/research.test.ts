import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runExport } from '../../../src/commands/export/export.ts'
import { formatLine } from '../../../src/recording/recorded-line.ts'
import { needs, skipBecause } from '../../support/needs.ts'
import { pythonPackages, RESEARCH_PACKAGES } from '../../support/python-packages.ts'
import { startProcess } from '../../support/start-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const PAGE = readFileSync(
  fileURLToPath(new URL('../../../docs/research.md', import.meta.url)),
  'utf8',
)
const T = Date.UTC(2026, 8, 1)
const SECONDS = 60
const NAMES = ['BTC-PERPETUAL', 'ETH-PERPETUAL']

/** The blocks of one language of the page, in order. */
function blocks(language: string): string[] {
  const found = PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))
  return [...found].map(([, block = '']) => block.replaceAll(/^ {3}/gm, ''))
}

/** Arguments of the command of the page, with a recording in place of the topics. */
function argumentsOf(command: string, recording: string, folder: string): string[] {
  const words = command.trim().split(/\s+/)
  const args = words.slice(words.indexOf('export') + 1)
  const [from, out] = [args.indexOf('--from'), args.indexOf('--out')]
  expect([from, out].every((at) => at >= 0)).toBe(true)
  args[out + 1] = join(folder, args[out + 1] ?? '')
  return [...args.toSpliced(from, 2), '--replay', recording]
}

/** Two books with trades; the second one is crossed for ten seconds. */
function writeRecording(): string {
  const lines: string[] = []
  for (let step = 0; step < SECONDS * 5; step += 1) {
    for (const name of NAMES) {
      const timestamp = T + step * 200 - 5
      const isCrossed = name === NAMES[1] && step >= 100 && step < 150
      const book = {
        timestamp,
        change_id: 1000 + step,
        instrument_name: name,
        bids: [[100 + (step % 7) / 2, 10 + (step % 11)]],
        asks: [[isCrossed ? 90 : 104, 20]],
      }
      const add = (channel: string, data: unknown) => {
        const raw = JSON.stringify({
          jsonrpc: '2.0',
          method: 'subscription',
          params: { channel, data },
        })
        lines.push(formatLine({ receivedUs: (T + step * 200) * 1000, direction: 'in', raw }))
      }
      add(`book.${name}.none.10.100ms`, book)
    }
  }
  const file = join(temporaryFolder(), 'recording.jsonl')
  writeFileSync(file, lines.join(''))
  return file
}

interface Seen {
  readonly pandas: Readonly<Record<string, string>>
  readonly parquet: Readonly<Record<string, string>>
  readonly polars: Readonly<Record<string, string>>
  readonly duckdb: Readonly<Record<string, string>>
  readonly rows: readonly [string, number, number | null][]
  readonly plotted: readonly (readonly (number | null)[])[]
  readonly panels: readonly string[]
}

/** Prints what the readers and the plot of the page have made of the file. */
const REPORT = `
import json, math, pyarrow.parquet
number = lambda value: None if math.isnan(value) else float(value)
frame = pd.read_parquet("books.parquet")
table = duckdb.sql("DESCRIBE SELECT * FROM 'books.parquet'").fetchall()
axes = plt.gcf().axes
print("REPORT " + json.dumps({
  "pandas": {name: str(kind) for name, kind in frame.dtypes.items()},
  "parquet": {field.name: str(field.type) for field in pyarrow.parquet.read_schema("books.parquet")},
  "polars": {name: str(kind) for name, kind in pl.read_parquet_schema("books.parquet").items()},
  "duckdb": {row[0]: row[1] for row in table},
  "rows": [[row.instrument, row.time_ms.timestamp() * 1000, number(row.mid_price)] for row in frame.itertuples()],
  "plotted": [[number(value) for value in axis.lines[0].get_ydata()] for axis in axes],
  "panels": [axis.get_legend().get_texts()[0].get_text() for axis in axes],
}))
`

describe('docs/research.md', needs('python'), () => {
  it('leads from an export to a plot, with the types that it documents', async (context) => {
    const packages = await pythonPackages(RESEARCH_PACKAGES).catch((error: unknown) => {
      // Throws on CI, where no test may be skipped.
      const reason = `${RESEARCH_PACKAGES} cannot be installed: ${String(error)}`
      skipBecause(reason)
      return context.skip(reason)
    })
    const folder = temporaryFolder()
    const recording = writeRecording()
    const command = blocks('sh').find((block) => block.includes(' export '))
    await runExport(argumentsOf(command ?? '', recording, folder), {})
    const rows = join(folder, 'rows.ndjson')
    await runExport(
      ['--replay', recording, '--every', '1s', '--format', 'ndjson', '--out', rows],
      {},
    )
    const cells = blocks('python')
    expect(cells.length).toBe(4)
    const script = join(folder, 'page.py')
    writeFileSync(script, [...cells, REPORT].join('\n'))
    const python = startProcess('python3', [script], {
      cwd: folder,
      env: { ...process.env, PYTHONPATH: packages, MPLBACKEND: 'Agg', MPLCONFIGDIR: folder },
    })
    const { code } = await python.exited
    expect(code, python.lines.join('\n')).toBe(0)
    const text = python.lines.find((line) => line.startsWith('REPORT '))
    const seen = JSON.parse(text?.slice('REPORT '.length) ?? '') as Seen

    // Each tool prints a mean of each instrument.
    for (const name of NAMES) {
      expect(python.lines.filter((line) => line.includes(name)).length).toBeGreaterThanOrEqual(3)
    }
    const exported = readFileSync(rows, 'utf8').trimEnd().split('\n')
    const expected = exported.map((line) => {
      const { instrument, time_ms, mid_price } = JSON.parse(line) as Record<string, unknown>
      return [instrument, time_ms, mid_price]
    })
    expect(expected.length).toBeGreaterThan(2 * SECONDS - 10)
    expect(expected.some(([, , mid]) => mid === null)).toBe(true)
    expect(seen.rows).toEqual(expected)
    expect(seen.panels).toEqual(['mid_price', 'imbalance_1'])
    const plotted = expected.filter(([name]) => name === NAMES[0]).map(([, , mid]) => mid)
    expect(seen.plotted[0]).toEqual(plotted)
    expect(readFileSync(join(folder, 'books.png')).subarray(1, 4).toString()).toBe('PNG')
    expectDocumentedTypes(seen)
  }, 600_000)
})

/** The cells of the page's table of types, without ticks. */
function documentedTypes(): string[][] {
  const [, table = ''] = PAGE.split('Their types, by example:')
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, cell = '']) => cell))
}

function expectDocumentedTypes(seen: Seen): void {
  const types = documentedTypes()
  expect(types.length).toBe(5)
  for (const [column = '', parquet, pandas, ...rest] of types) {
    const [polars, duckdb] = rest.slice(-2)
    // A column with null has another type in pandas.
    const inPandas = [pandas, ...rest.slice(0, -2)]
    expect(seen.parquet[column]?.replace('tz=', ''), column).toBe(parquet)
    expect(inPandas, column).toContain(seen.pandas[column])
    expect(seen.polars[column], column).toBe(polars)
    expect(seen.duckdb[column], column).toBe(duckdb)
  }
}
