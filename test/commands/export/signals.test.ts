import process from 'node:process'
import { describe, expect, it, vi } from 'vitest'
import { runSignals } from '../../../src/commands/signals/signals.ts'
import { mapSnapshotSignals } from '../../../src/http/schemas/signals-json.ts'
import { playSignals } from '../../signals/reference-comparison.ts'
import { needsRecordings, recordingPath } from '../../support/recordings.ts'
import { simulatedMarket, withoutAsks } from '../../signals/simulated-market.ts'
import { type ExportedRow, expectedOf } from './rows.ts'
import {
  expectSameInEveryFormat,
  parquetTypes,
  type ReceivedFrame,
  rowsOf,
  tableOf,
  writeFrames,
} from './tables.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const bookChannel = (instrument: string): string => `book.${instrument}.none.10.100ms`
const tradesChannel = (instrument: string): string => `trades.${instrument}.100ms`
const AXES = { depths: [1, 10], horizonsMs: [1000, 5000], windowMs: 3_600_000 }
const SETTINGS = { SIGNALS: 'true', SIGNAL_HORIZONS_MS: '1000,5000' }
const STRENGTH = 0.7
/** At the horizon of a second there are enough cases, at that of 5 s there are not. */
const SECONDS = 300

/** Start of the line of the printed table, and the columns of the same numbers. */
const MEASURES = [
  ['hit rate of the next move', 'next_move_hit_rate'],
  ['hit rate,1s,1', 'horizons_1s_hit_rate'],
  ['hit rate,5s,1', 'horizons_5s_hit_rate'],
  ['correlation,1s,1', 'horizons_1s_correlation'],
  ['correlation,5s,1', 'horizons_5s_correlation'],
] as const
const ESTIMATE_PARTS = ['value', 'low', 'high']

const isSignal = (name: string): boolean => name.startsWith('signals_')

/** A recording of the simulated exchange, whose next move follows the imbalance at a known rate. */
function simulatedFrames({ instrument = INSTRUMENT, seed = 3 } = {}): ReceivedFrame[] {
  const market = simulatedMarket({
    seed,
    instrument,
    channels: [bookChannel(instrument), tradesChannel(instrument)],
    ratePerSecond: 8,
    signalStrength: STRENGTH,
  })
  return market.run(SECONDS * 1000).map(({ raw, sentMs }) => ({ raw, receivedMs: sentMs }))
}

/** The frames with one more book, which has no asks. */
function withOneSidedEnd(frames: readonly ReceivedFrame[]): ReceivedFrame[] {
  const last = frames.findLast(({ raw }) => raw.includes(bookChannel(INSTRUMENT)))
  if (last === undefined) throw new Error('no book')
  return [...frames, { raw: withoutAsks(last.raw), receivedMs: last.receivedMs + 100 }]
}

/** The signals of the API's snapshot that the service would have sent after these frames. */
function ofApi(frames: readonly ReceivedFrame[], instrument = INSTRUMENT): ExportedRow {
  const own = frames.filter(({ raw }) => raw.includes(instrument))
  const records = own.map(({ raw, receivedMs }) => ({
    instrument,
    isTrades: raw.includes(tradesChannel(instrument)),
    raw,
    arrivedMs: receivedMs,
  }))
  const signals = mapSnapshotSignals(playSignals(records, AXES).views.at(-1)?.numbers ?? null)
  if (signals === null) throw new Error('the book is not live')
  return expectedOf({ ...signals })
}

/** Expects that a row holds the signals of the API and no others. */
function expectSignals(row: ExportedRow | undefined, signals: ExportedRow): void {
  const names = Object.keys(row ?? {}).filter(isSignal)
  const compared = Object.entries(signals).flatMap(([path, value]) => {
    const name = `signals_${path}`
    // An estimate that is null in the API is null in each of its parts.
    const parts = names.includes(name) ? [name] : ESTIMATE_PARTS.map((part) => `${name}_${part}`)
    for (const part of parts) expect(row?.[part], part).toBe(value)
    return parts
  })
  expect(compared).toEqual(names)
}

async function printedSignals(file: string): Promise<string> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await runSignals([file], { SIGNAL_HORIZONS_MS: SETTINGS.SIGNAL_HORIZONS_MS })
    return written.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    written.mockRestore()
  }
}

/** Expects that a row holds the numbers that `signals` prints at the end of the recording. */
async function expectPrinted(
  file: string,
  instrument: string,
  row: ExportedRow | undefined,
): Promise<void> {
  const printed = (await printedSignals(file)).split('\n').map((line) => line.split(/ {2,}/))
  const value = (name: string): number | null => {
    const read = row?.[`signals_${name}`]
    return typeof read === 'number' ? read : null
  }
  for (const [measure, name] of MEASURES) {
    const cells = printed.find(
      ([of, ...rest]) => of === instrument && rest.join().startsWith(`${measure},`),
    )
    const four = (part: string) => value(`${name}_${part}`)?.toFixed(4)
    const shown =
      value(`${name}_value`) === null
        ? ['not enough cases yet']
        : [four('value'), `${four('low')} to ${four('high')}`]
    expect(cells?.slice(-shown.length), measure).toEqual(shown)
  }
}

describe('the signals of an exported table', () => {
  const frames = simulatedFrames()

  it('are those of the API at the time of the row, and of the printed table at the end', async () => {
    const file = writeFrames(frames)
    const rows = await rowsOf(file, [], SETTINGS)
    const last = rows.at(-1)
    expect(last?.['state']).toBe('live')
    expectSignals(last, ofApi(frames))
    // The rate at which the simulated market follows its imbalance.
    expect(last?.['signals_next_move_hit_rate_low']).toBeLessThan(STRENGTH)
    expect(last?.['signals_next_move_hit_rate_high']).toBeGreaterThan(STRENGTH)

    // A row holds what was measured up to its own time.
    const half = frames.slice(0, Math.floor(frames.length / 2))
    const endMs = half.at(-1)?.receivedMs
    const untilEnd = half.concat(frames.slice(half.length).filter((f) => f.receivedMs === endMs))
    expectSignals(
      rows.findLast((row) => row['time_ms'] === endMs),
      ofApi(untilEnd),
    )
    await expectPrinted(file, INSTRUMENT, last)
  })

  it('are those of the instrument of the row', async () => {
    const other = simulatedFrames({ instrument: 'ETH-PERPETUAL', seed: 4 })
    const both = [...frames, ...other].sort((a, b) => a.receivedMs - b.receivedMs)
    const file = writeFrames(both)
    const rows = await rowsOf(file, ['--every', '1s'], SETTINGS)
    for (const instrument of [INSTRUMENT, 'ETH-PERPETUAL']) {
      const last = rows.findLast((row) => row['instrument'] === instrument)
      const untilRow = both.filter(({ receivedMs }) => receivedMs <= Number(last?.['time_ms']))
      expectSignals(last, ofApi(untilRow, instrument))
    }
  })

  it(
    'agree with the printed table for a recording of the exchange',
    needsRecordings(),
    async () => {
      const file = recordingPath('btc-perpetual-raw-2019-04-01.jsonl.gz')
      const last = (await rowsOf(file, [], SETTINGS)).at(-1)
      expect(last?.['signals_horizons_1s_effective_cases']).toBeGreaterThan(0)
      await expectPrinted(file, INSTRUMENT, last)
    },
  )

  it('are null below 100 effective cases, unlike their number', async () => {
    const rows = await rowsOf(writeFrames(frames), ['--every', '1s'], SETTINGS)
    for (const name of ['next_move', 'horizons_1s', 'horizons_5s']) {
      const cases = rows.map((row) => Number(row[`signals_${name}_effective_cases`]))
      const rates = rows.map((row) => row[`signals_${name}_hit_rate_value`])
      expect(rates.map((rate) => rate !== null)).toEqual(cases.map((count) => count >= 100))
      expect(cases.some((count) => count > 0 && count < 100)).toBe(true)
      expect(cases.some((count) => count >= 100)).toBe(name !== 'horizons_5s')
    }
  })

  it('are null while the book is not live', async () => {
    const file = writeFrames(withOneSidedEnd(frames))
    const last = (await rowsOf(file, [], SETTINGS)).at(-1)
    expect(last?.['state']).toBe('one_sided')
    const signals = Object.entries(last ?? {}).filter(([name]) => isSignal(name))
    expect(signals.length).toBe(24)
    expect(signals.filter(([, value]) => value !== null)).toEqual([])
  })

  it('are measured from the first record, whatever the first row', async () => {
    const file = writeFrames(frames)
    const from = String((frames.at(-1)?.receivedMs ?? 0) - 1000)
    const rows = await rowsOf(file, ['--from', from], SETTINGS)
    expect(rows.length).toBeLessThan(50)
    expectSignals(rows.at(-1), ofApi(frames))
  })

  it('have the same values and real types in every format', async () => {
    const file = writeFrames(frames)
    await expectSameInEveryFormat(file, ['--every', '1s'], SETTINGS)
    const types = parquetTypes(await tableOf(file, 'parquet', ['--every', '1s'], SETTINGS))
    const counts = ['hit', 'miss', 'neutral'].map((outcome) => `signals_next_move_${outcome}`)
    for (const name of Object.keys(types).filter(isSignal)) {
      expect(types[name], name).toBe(counts.includes(name) ? 'INT64' : 'DOUBLE')
    }
  })

  it.each([{}, { SIGNALS: 'auto' }, { SIGNALS: 'false' }])(
    'exist only if they are asked for, not with %j',
    async (environment) => {
      const file = writeFrames(frames.slice(0, 200))
      const [row = {}] = await rowsOf(file, [], environment)
      expect(Object.keys(row)).toContain('mid_price')
      expect(Object.keys(row).filter(isSignal)).toEqual([])
    },
  )
})
