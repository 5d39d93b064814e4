import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseExportArgs } from '../../../src/commands/export/arguments.ts'
import { runExport } from '../../../src/commands/export/export.ts'
import { messageOf } from '../../../src/errors.ts'
import { exitCodeOf } from '../../../src/runtime.ts'
import { needsRecordings, recordingPath } from '../../support/recordings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { expectSameInEveryFormat, type ReceivedFrame, rowsOf, writeFrames } from './tables.ts'

const T = Date.UTC(2026, 8, 1)
const NOW = Date.UTC(2026, 10, 30, 12)

/** A grouped recording: a snapshot every 100 ms, then silence of one book while the other goes on. */
function writeRecording(): string {
  const frames: ReceivedFrame[] = []
  for (let step = 0; step < 200; step += 1) {
    const names = step < 100 ? ['BTC-PERPETUAL', 'ETH-PERPETUAL'] : ['BTC-PERPETUAL']
    for (const name of names) {
      const atMs = T + step * 100
      const data = {
        timestamp: atMs - 5,
        change_id: 1000 + step,
        instrument_name: name,
        bids: [[100 + (step % 3), 10 + step]],
        asks: [[104, 20]],
      }
      const params = { channel: `book.${name}.none.10.100ms`, data }
      const raw = JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params })
      frames.push({ raw, receivedMs: atMs })
    }
  }
  return writeFrames(frames)
}

describe('an export of a recording', () => {
  it('has a row for each update, with the numbers of the book', async () => {
    const rows = await rowsOf(writeRecording(), ['--instruments', 'BTC-PERPETUAL'])
    expect(rows).toHaveLength(200)
    expect(rows[1]).toMatchObject({
      time_ms: T + 100,
      instrument: 'BTC-PERPETUAL',
      cause: 'update',
      state: 'live',
      reason: null,
      exchange_time_ms: T + 95,
      change_id: 1001,
      best_bid_price: 101,
      best_bid_amount: 11,
      mid_price: 102.5,
      imbalance_1: (11 - 20) / (11 + 20),
    })
  })

  it('keeps a quiet book live while other frames show that the connection is', async () => {
    const rows = (await rowsOf(writeRecording())).filter(
      ({ instrument }) => instrument === 'ETH-PERPETUAL',
    )
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['live']))
    expect(rows.filter(({ cause }) => cause === 'checkpoint').length).toBeGreaterThan(2)
  })

  it('has a row for each instrument and step of a grid', async () => {
    const rows = await rowsOf(writeRecording(), ['--every', '1s'])
    const ofBtc = rows.filter(({ instrument }) => instrument === 'BTC-PERPETUAL')
    expect(ofBtc.map((row) => Number(row['time_ms']) - T)).toEqual(
      Array.from({ length: 19 }, (_, index) => (index + 1) * 1000),
    )
    // The record of the step itself belongs to it.
    expect(ofBtc[0]).toMatchObject({ change_id: 1010, cause: 'step' })
  })

  it('warms up before the first row, and ends before --to', async () => {
    const range = ['--from', String(T + 15_000), '--to', String(T + 16_000)]
    const rows = await rowsOf(writeRecording(), ['--instruments', 'BTC-PERPETUAL', ...range])
    expect(rows.map((row) => Number(row['time_ms']) - T)).toEqual(
      Array.from({ length: 10 }, (_, index) => 15_000 + index * 100),
    )
    expect(rows[0]?.['windows_10s_coverage']).toBe(1)
  })

  it('has the same values in every format', async () => {
    await expectSameInEveryFormat(writeRecording())
  })
})

describe('an export without a result', () => {
  it.each([
    ['no record in the range', ['--from', '2026-10-01'], 1, 'there are no books between'],
    ['an unknown instrument', ['--instruments', 'NO-SUCH'], 1, 'there are no books of NO-SUCH'],
    ['a folder that is not there', ['--out', '/no/such/folder/x'], 1, 'cannot be written: ENOENT'],
    [
      'a bad format',
      ['--format', 'xlsx'],
      2,
      '--format=xlsx: expected one of parquet, csv, ndjson',
    ],
    ['a bad time', ['--from', 'yesterday'], 2, '--from=yesterday: expected ISO 8601'],
    ['a range that ends first', ['--from', '2', '--to', '1'], 2, '--from must be before --to'],
    ['a bad step', ['--every', '5'], 2, '--every=5: expected update, or a step'],
  ])('leaves no file for %s', async (_what, args, code, problem) => {
    const folder = temporaryFolder()
    const standard = ['--replay', writeRecording(), '--format', 'csv', '--out', join(folder, 'x')]
    const error = await runExport([...standard, ...args], {}).catch((thrown: unknown) => thrown)
    expect(messageOf(error)).toContain(problem)
    expect(exitCodeOf(error)).toBe(code)
    expect(readdirSync(folder)).toEqual([])
  })

  it('requires brokers or a recording', async () => {
    const args = ['--format', 'csv', '--out', 'x', '--from', '-1h']
    await expect(runExport(args, {})).rejects.toThrow('KAFKA_BROKERS is required for an export')
  })
})

describe('the times of an export', () => {
  it.each([
    ['-1h', NOW - 3_600_000],
    ['-90s', NOW - 90_000],
    ['-2d', NOW - 172_800_000],
    ['1790000000000', 1_790_000_000_000],
    ['2026-11-30', Date.UTC(2026, 10, 30)],
    ['2026-11-30T08:00', Date.UTC(2026, 10, 30, 8)],
    ['2026-11-30T08:00:01.5Z', Date.UTC(2026, 10, 30, 8, 0, 1, 500)],
    ['2026-11-30T08:00+02:00', Date.UTC(2026, 10, 30, 6)],
  ])('read %s', (text, timeMs) => {
    const args = ['--format', 'csv', '--out', 'x', '--from', text]
    expect(parseExportArgs(args, NOW).fromMs).toBe(timeMs)
  })
})

describe('an export of the recording of 2019', needsRecordings(), () => {
  it('has the best prices and amounts of the expected books', async () => {
    const file = recordingPath('btc-perpetual-raw-2019-04-01.jsonl.gz')
    const rows = (await rowsOf(file)).filter(({ cause }) => cause === 'update')
    const csv = gunzipSync(
      readFileSync(recordingPath('btc-perpetual-raw-2019-04-01.expected.csv.gz')),
    )
    const [head = '', ...lines] = csv.toString().trimEnd().split('\n')
    const names = head.split(',')
    const column = (name: string) =>
      lines.map((line) => Number(line.split(',')[names.indexOf(name)]))
    expect(rows).toHaveLength(lines.length)
    expect(rows.map((row) => row['levels_bid'])).toEqual(column('bid_levels'))
    expect(rows.map((row) => row['levels_ask'])).toEqual(column('ask_levels'))
    expect(rows.map((row) => row['best_bid_amount'])).toEqual(column('bid_amount_1'))
    expect(rows.map((row) => row['best_ask_amount'])).toEqual(column('ask_amount_1'))
  })
})
