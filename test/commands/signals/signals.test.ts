import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, vi } from 'vitest'
import { runSignals } from '../../../src/commands/signals/signals.ts'
import { messageOf } from '../../../src/errors.ts'
import { formatLine } from '../../../src/recording/recorded-line.ts'
import { exitCodeOf } from '../../../src/runtime.ts'
import { playSignals, type SignalRecord } from '../../signals/reference-comparison.ts'
import { simulatedMarket, withoutAsks } from '../../signals/simulated-market.ts'
import { needsRecordings, recordingPath } from '../../support/recordings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const AXES = { depths: [1, 10], horizonsMs: [1000, 5000], windowMs: 3_600_000 }
const SETTINGS = { SIGNAL_HORIZONS_MS: '1000,5000' }
const STRENGTH = 0.7
const MINUTES = 10

/** A recording of the simulated exchange, whose next move follows the imbalance at a known rate. */
function simulatedRecords(): SignalRecord[] {
  const market = simulatedMarket({
    seed: 3,
    instrument: INSTRUMENT,
    channels: [`book.${INSTRUMENT}.none.10.100ms`, `trades.${INSTRUMENT}.100ms`],
    ratePerSecond: 8,
    signalStrength: STRENGTH,
  })
  return market.run(MINUTES * 60_000).map(({ channel, raw, sentMs }) => ({
    instrument: INSTRUMENT,
    isTrades: channel.startsWith('trades.'),
    raw,
    arrivedMs: sentMs,
  }))
}

function write(records: readonly Pick<SignalRecord, 'raw' | 'arrivedMs'>[]): string {
  const file = join(temporaryFolder(), 'recording.jsonl')
  const lines = records.map(({ raw, arrivedMs }) =>
    formatLine({ receivedUs: arrivedMs * 1000, direction: 'in', raw }),
  )
  writeFileSync(file, lines.join(''))
  return file
}

async function print(args: readonly string[], environment = {}): Promise<string> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await runSignals(args, environment)
    return written.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    written.mockRestore()
  }
}

/** Cells of the lines of the table, without its head. */
const cellsOf = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/))

describe('the table of the signals of a recording', () => {
  it('holds the numbers that the service measured over the same frames', async () => {
    const records = simulatedRecords()
    const view = playSignals(records, AXES).views.at(-1)
    const numbers = view?.numbers ?? null
    if (numbers === null) throw new Error('the book is not live')
    const rows = cellsOf(await print([write(records)], SETTINGS))
    const { value, interval } = numbers.nextMove.estimate ?? {}
    expect(rows[0]).toEqual([
      INSTRUMENT,
      'hit rate of the next move',
      '1',
      String(numbers.nextMove.effectiveCases),
      value?.toFixed(4),
      `${interval?.low.toFixed(4)} to ${interval?.high.toFixed(4)}`,
    ])
    // The rate at which the simulated market follows its imbalance.
    expect(interval?.low).toBeLessThan(STRENGTH)
    expect(interval?.high).toBeGreaterThan(STRENGTH)
    for (const { horizonMs, depths, forecasts } of numbers.horizons) {
      const horizon = `${horizonMs / 1000}s`
      for (const { depth, effectiveSamples, correlation, slopeBps } of depths) {
        const find = (measure: string) =>
          rows.find(([, ...cells]) => cells.slice(0, 3).join() === `${measure},${horizon},${depth}`)
        const cases = String(Math.floor(effectiveSamples))
        const absent = 'not enough cases yet'
        const isEnough = effectiveSamples >= 100
        expect(correlation !== null).toBe(isEnough)
        expect(find('correlation')?.slice(4, 6)).toEqual([
          cases,
          correlation?.value.toFixed(4) ?? absent,
        ])
        expect(find('slope, bps')?.slice(4)).toEqual([cases, slopeBps?.toFixed(4) ?? absent])
      }
      const [weighted] = forecasts
      const shown = rows.find(
        ([, measure, at]) =>
          measure?.startsWith('forecast error ratio, weighted') && at === horizon,
      )
      expect(shown?.[4]).toBe(weighted?.errorRatio?.toFixed(4))
    }
    const spread = rows.find(([, measure]) => measure === 'effective spread, bps')
    expect(spread?.[2]).toBe(String(numbers.trades.effectiveTrades))
  })

  it('says that there are not enough cases instead of a number', async () => {
    const market = simulatedRecords().filter(({ arrivedMs }, _, [first]) => {
      return arrivedMs < (first?.arrivedMs ?? 0) + 60_000
    })
    const rows = cellsOf(await print([write(market)], SETTINGS))
    const cases = rows.filter(([, measure]) => measure === 'correlation').map((row) => row.slice(4))
    expect(cases.map(([, value]) => value)).toEqual(Array(4).fill('not enough cases yet'))
  })

  it('says why a book has no numbers', async () => {
    const records = simulatedRecords().slice(0, 200)
    const last = records.findLast(({ isTrades }) => !isTrades)
    if (last === undefined) throw new Error('no book')
    const raw = withoutAsks(last.raw)
    const file = write([...records, { raw, arrivedMs: last.arrivedMs + 100 }])
    expect(cellsOf(await print([file]))).toEqual([
      [INSTRUMENT, 'none: the book is one_sided at the end of the recording'],
    ])
  })

  it('refuses what is no recording, and an instrument that it does not contain', async () => {
    const file = write(simulatedRecords().slice(0, 50))
    const refused = [
      [[], 2, /expected one recording/],
      [[file, file], 2, /expected one recording/],
      [['--every', '1s', file], 2, /--every/],
      [['--instruments', 'no name', file], 2, /is not an instrument name/],
      [[join(temporaryFolder(), 'absent.jsonl')], 2, /absent\.jsonl/],
      [['--instruments', 'ETH-PERPETUAL', file], 1, /no books of ETH-PERPETUAL/],
    ] as const
    for (const [args, code, problem] of refused) {
      const error: unknown = await print(args).catch((reason: unknown) => reason)
      expect(messageOf(error), args.join(' ')).toMatch(problem)
      expect(exitCodeOf(error), args.join(' ')).toBe(code)
    }
  })

  it.each([
    ['btc-perpetual-raw-2019-04-01.jsonl.gz', INSTRUMENT],
    ['futures-options-100ms-2026-09-20.jsonl', 'BTC-23SEP26'],
  ])('measures the recording %s of the exchange', needsRecordings(), async (name, instrument) => {
    const rows = cellsOf(await print(['--instruments', instrument, recordingPath(name)]))
    const correlation = rows.find(([, measure]) => measure === 'correlation')
    expect(correlation?.[0]).toBe(instrument)
    expect(Number(correlation?.[4])).toBeGreaterThan(10)
    expect(correlation?.[5]).toBe('not enough cases yet')
  })
})
