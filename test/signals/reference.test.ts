import { describe, expect, it } from 'vitest'
import { expectSameBits } from '../analytics/near.ts'
import { checkpointHeaders } from '../process/process-fixture.ts'
import { needs } from '../support/needs.ts'
import { recordedLines, type RecordedNotification } from '../support/recorded-frames.ts'
import { needsRecordings } from '../support/recordings.ts'
import {
  askReference,
  expectAgreement,
  playSignals,
  type SignalRecord,
} from './reference-comparison.ts'
import {
  type SimulatedFrame,
  simulatedMarket,
  type SimulatedMarketOptions,
} from './simulated-market.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const GROUPED = `book.${INSTRUMENT}.none.10.100ms`
const CHANGES = `book.${INSTRUMENT}.100ms`
const TRADES = `trades.${INSTRUMENT}.100ms`
const AXES = { depths: [1, 10], horizonsMs: [1000, 3000, 10_000], windowMs: 300_000 }

interface Run {
  readonly records: SignalRecord[]
  /** Where the signals are read, besides the end. */
  readonly positions: readonly number[]
}

/** A run of the simulator's market, with everything that interrupts the measurement. */
function interruptedRun(
  options: Omit<SimulatedMarketOptions, 'instrument' | 'channels'>,
  bookChannel: string,
): Run {
  const simulated = simulatedMarket({
    ...options,
    instrument: INSTRUMENT,
    channels: [bookChannel, TRADES],
  })
  const records: SignalRecord[] = []
  const positions: number[] = []
  const run = (ms: number, keeps: (frame: SimulatedFrame) => boolean = () => true): void => {
    for (const frame of simulated.run(ms)) {
      if (!keeps(frame)) continue
      const { raw, sentMs } = frame
      const isTrades = frame.channel === TRADES
      records.push({ instrument: INSTRUMENT, isTrades, raw, arrivedMs: sentMs })
    }
  }
  const checkpoint = (status: string): void => {
    const last = records.findLast(({ isTrades }) => !isTrades)
    if (last === undefined) throw new Error('no book yet')
    const arrivedMs = simulated.clock.nowMs()
    const headers = checkpointHeaders(arrivedMs, { 'instrument-state': status })
    records.push({ ...last, raw: heartbeatOf(last.raw), arrivedMs, headers })
  }
  const markPosition = (): void => {
    positions.push(records.length - 1)
  }
  run(150_000)
  markPosition()
  // Lost records: a sequence gap, or nothing to notice in a grouped channel.
  let books = 0
  run(3000, ({ channel }) => channel !== bookChannel || (books += 1) !== 3)
  simulated.subscribe()
  run(40_000)
  // The exchange halts the instrument while changes still come, and opens it again.
  checkpoint('halted')
  run(5000)
  checkpoint('open')
  run(40_000)
  // Nothing arrives for longer than a book is verified.
  run(8000, () => false)
  simulated.subscribe()
  run(30_000)
  simulated.faults.set('crossed')
  run(4000)
  simulated.faults.clear()
  run(20_000)
  simulated.faults.set('one-sided=bid')
  run(4000)
  simulated.faults.clear()
  run(20_000)
  // A release: ids restart at lower numbers, and every client subscribes again.
  simulated.exchange.restartIds(1_000_000)
  run(2000, () => false)
  simulated.subscribe()
  run(200_000)
  markPosition()
  run(120_000)
  return { records, positions }
}

/** A record that changes nothing: a snapshot again, or an empty change with the last id. */
function heartbeatOf(raw: string): string {
  if (!raw.includes('"prev_change_id"')) return raw
  const message = JSON.parse(raw) as {
    params: { data: { change_id: number; prev_change_id: number; bids: []; asks: [] } }
  }
  const { data } = message.params
  data.prev_change_id = data.change_id
  data.bids = data.asks = []
  return JSON.stringify(message)
}

const RUNS: [string, () => Run][] = [
  [
    'grouped snapshots of a market without a known signal',
    () => interruptedRun({ seed: 7, ratePerSecond: 8 }, GROUPED),
  ],
  [
    'changes of a market without a known signal',
    () => interruptedRun({ seed: 8, ratePerSecond: 8 }, CHANGES),
  ],
  [
    'grouped snapshots of a market with a signal',
    () => interruptedRun({ seed: 9, ratePerSecond: 8, signalStrength: 0.7 }, GROUPED),
  ],
  [
    'changes of a market with a signal',
    () => interruptedRun({ seed: 10, ratePerSecond: 8, signalStrength: 0.7 }, CHANGES),
  ],
]

describe('signals over a run with gaps, halts and restarts', { timeout: 300_000 }, () => {
  it.each(RUNS)('equal a slow reference in Python: %s', needs('python'), async (_name, create) => {
    const { records, positions } = create()
    const { answers } = playSignals(records, AXES, { positions })
    const reference = await askReference(records, AXES, answers, positions)
    expect(answers).toHaveLength(3)
    expect(reference).toHaveLength(answers.length)
    for (const [index, { numbers }] of answers.entries()) {
      expectAgreement(numbers, reference[index], `reading ${index}: `)
    }
  })

  it('discard samples by the reason of each interruption', () => {
    const [, create] = RUNS[3] ?? []
    if (create === undefined) throw new Error('no run')
    const { records } = create()
    const last = playSignals(records, AXES).answers.at(-1)?.numbers
    const { discarded } = last as { discarded: Record<string, number> }
    expect(Object.keys(discarded)).toEqual(
      expect.arrayContaining(['gap', 'stale', 'halted', 'invalid', 'one_sided', 'restart']),
    )
  })

  it.each(RUNS)(
    'give the same bits on replay, whatever was read in between: %s',
    (_name, create) => {
      const { records } = create()
      const first = playSignals(records, AXES).answers
      expectSameBits(playSignals(records, AXES, { readsEach: true }).answers, first)
    },
  )

  it('do not depend on the order in which books and trades are read', () => {
    const [, create] = RUNS[1] ?? []
    if (create === undefined) throw new Error('no run')
    const { records } = create()
    const end = records.findLast(({ isTrades }) => !isTrades)?.arrivedMs ?? 0
    const until = records.filter(({ arrivedMs }) => arrivedMs <= end)
    // Each trade up to three seconds later than it arrived, as if its topic was read more slowly.
    const late = until
      .map((record) => {
        const { isTrades, arrivedMs } = record
        return isTrades ? { ...record, arrivedMs: Math.min(end, arrivedMs + 3000) } : record
      })
      .sort((x, y) => x.arrivedMs - y.arrivedMs)
    const costsOf = (of: readonly SignalRecord[]) =>
      playSignals(of, AXES)
        .views.at(-1)
        ?.numbers?.horizons.map((h) => h.realizedSpreadBps)
    expectSameBits(costsOf(late), costsOf(until))
  })
})

const RECORDINGS: [name: string, isGrouped: boolean, instruments: number][] = [
  ['btc-perpetual-raw-2019-04-01.jsonl.gz', false, 1],
  ['btc-perpetual-100ms-2019-04-01.derived.jsonl.gz', false, 1],
  ['btc-perpetual-100ms-2019-04-01.derived.jsonl.gz', true, 1],
  ['btc-perpetual-top10-2019-10-01.jsonl', true, 1],
  ['options-raw-book-ticker-2021-07-22.jsonl', false, 1],
  ['futures-options-100ms-2026-09-20.jsonl', false, 3],
  ['btc-perpetual-raw-2020-06-22-testnet.jsonl', false, 0],
  ['current-format-frames-2026-09.jsonl', false, 1],
]
/** Short, as the recordings are: at most a minute. */
const RECORDED_AXES = { depths: [1, 10], horizonsMs: [1000, 2000, 5000], windowMs: 300_000 }

function recordsOf(name: string, isGrouped: boolean): SignalRecord[] {
  let lastMs = 1_790_000_000_000
  return recordedLines(name).flatMap(({ raw, receivedTimeMs }) => {
    lastMs = Math.max(lastMs === 1_790_000_000_000 ? 0 : lastMs, receivedTimeMs ?? lastMs + 20)
    const { params } = JSON.parse(raw) as RecordedNotification
    const channel = params?.channel ?? ''
    const isTrades = channel.startsWith('trades.')
    const isBook = channel.startsWith('book.') && (channel.split('.').length === 5) === isGrouped
    if (!isTrades && !isBook) return []
    const [, instrument = ''] = channel.split('.')
    return [{ instrument, isTrades, raw: withTradeSeq(raw), arrivedMs: Math.ceil(lastMs) }]
  })
}

/** The source of the recording of 2019 kept no `trade_seq`; its ids follow each other. */
function withTradeSeq(raw: string): string {
  if (raw.includes('"trade_seq"')) return raw
  return raw.replaceAll(/"trade_id":"([0-9]+)"/g, '"trade_id":"$1","trade_seq":$1')
}

describe(
  'signals over a recording',
  { ...needs('python'), ...needsRecordings(), timeout: 300_000 },
  () => {
    it.each(RECORDINGS)(
      'equal a slow reference in Python: %s, grouped: %s',
      async (name, isGrouped, instruments) => {
        const records = recordsOf(name, isGrouped)
        const { answers } = playSignals(records, RECORDED_AXES)
        expect(answers.length).toBeGreaterThanOrEqual(instruments)
        if (answers.length === 0) return
        const reference = await askReference(records, RECORDED_AXES, answers)
        // Discarded samples are counted over all instruments, those that are not live included.
        if (new Set(records.map((record) => record.instrument)).size > 1) {
          for (const answer of [...answers.map(({ numbers }) => numbers), ...reference]) {
            delete (answer as { discarded?: unknown }).discarded
          }
        }
        for (const [index, { instrument, numbers }] of answers.entries()) {
          expectAgreement(numbers, reference[index], `${instrument}: `)
        }
      },
    )
  },
)
