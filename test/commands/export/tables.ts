import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { expect } from 'vitest'
import { runExport } from '../../../src/commands/export/export.ts'
import type { Environment } from '../../../src/config/environment.ts'
import { formatLine } from '../../../src/recording/recorded-line.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import type { ExportedRow } from './rows.ts'

/** One frame of the exchange, and when it was received. */
export interface ReceivedFrame {
  readonly raw: string
  readonly receivedMs: number
}

/** @returns path of a recording with these frames */
export function writeFrames(frames: readonly ReceivedFrame[]): string {
  const file = join(temporaryFolder(), 'recording.jsonl')
  const lines = frames.map(({ raw, receivedMs }) =>
    formatLine({ receivedUs: receivedMs * 1000, direction: 'in', raw }),
  )
  writeFileSync(file, lines.join(''))
  return file
}

/** Exports a recording; the table is the only file that is left. */
export async function tableOf(
  file: string,
  format: string,
  args: readonly string[] = [],
  environment: Environment = {},
): Promise<Buffer> {
  const folder = temporaryFolder()
  const out = join(folder, 'table')
  await runExport(['--replay', file, '--format', format, '--out', out, ...args], environment)
  expect(readdirSync(folder)).toEqual(['table'])
  return readFileSync(out)
}

/** The rows of a recording, by way of NDJSON. */
export async function rowsOf(
  file: string,
  args: readonly string[] = [],
  environment: Environment = {},
): Promise<ExportedRow[]> {
  const text = (await tableOf(file, 'ndjson', args, environment)).toString()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportedRow)
}

/** Expects that CSV and Parquet of a recording hold the rows of its NDJSON. */
export async function expectSameInEveryFormat(
  file: string,
  args: readonly string[] = [],
  environment: Environment = {},
): Promise<void> {
  const rows = await rowsOf(file, args, environment)
  const csv = (await tableOf(file, 'csv', args, environment)).toString()
  const [head = '', ...lines] = csv.trimEnd().split('\n')
  const names = head.split(',')
  expect(names).toEqual(Object.keys(rows[0] ?? {}))
  const ofCsv = lines.map((line) =>
    Object.fromEntries(line.split(',').map((text, index) => [names[index] ?? '', text])),
  )
  expect(ofCsv).toEqual(rows.map((row) => mapRow(row, csvText)))
  const bytes = await tableOf(file, 'parquet', args, environment)
  const ofParquet = await parquetReadObjects({
    file: new Uint8Array(bytes).buffer,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
  })
  expect(ofParquet.map((row) => mapRow(row, plain))).toEqual(rows)
  expect(Object.keys(parquetTypes(bytes))).toEqual(names)
}

/** Physical type of each column of a Parquet file. */
export function parquetTypes(bytes: Buffer): Record<string, string | undefined> {
  const { schema } = parquetMetadata(new Uint8Array(bytes).buffer)
  return Object.fromEntries(schema.slice(1).map(({ name, type }) => [name, type]))
}

const mapRow = (
  row: Readonly<Record<string, unknown>>,
  map: (value: unknown, name: string) => unknown,
) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, map(value, name)]))

function csvText(value: unknown, name: string): string {
  if (value === null) return ''
  return name.endsWith('time_ms')
    ? new Date(Number(value)).toISOString()
    : JSON.stringify(value).replaceAll('"', '')
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'bigint' ? Number(value) : (value ?? null)
}
