import { createParser } from 'eventsource-parser'
import { kafkaConnectionOf } from '../../src/app/topics.ts'
import { columnsOf } from '../../src/commands/export/columns.ts'
import { MarketReplay } from '../../src/commands/export/market-replay.ts'
import { consumerOptions, quietLogger } from '../../src/commands/replayed-books.ts'
import { readConfig } from '../../src/config/config.ts'
import type { TopicRecord } from '../../src/model/topic.ts'
import { systemClock } from '../../src/time/clock.ts'
import { RangeReader } from '../../src/topic/kafka/range-reader.ts'
import { type ExportedRow, expectedOf } from '../commands/export/rows.ts'
import { eventually } from '../support/eventually.ts'

export const LONG = { timeoutMs: 60_000 }

export type Snapshot = Readonly<Record<string, unknown>>

/** The events of one stream: of one consumer, from its start to its end. */
export type StreamEvents = readonly Snapshot[]

/** Collects the snapshot events of a stream until it is stopped, or ends. */
export async function collectEvents(url: string, instruments: readonly string[]) {
  const events: Snapshot[] = []
  const abort = new AbortController()
  const response = await eventually(async () => {
    const address = `${url}/api/v1/stream?instruments=${instruments.join(',')}`
    const answer = await fetch(address, { signal: abort.signal })
    // Before the first record of an instrument the consumer does not know it.
    if (!answer.ok) throw new Error(await answer.text())
    return answer
  }, LONG)
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'snapshot') events.push(JSON.parse(data) as Snapshot)
    },
  })
  const decoder = new TextDecoder()
  const reading = (async () => {
    try {
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        parser.feed(decoder.decode(chunk, { stream: true }))
      }
    } catch {
      // The end of the stream, whatever its form.
    }
  })()
  const stop = async () => {
    abort.abort()
    await reading
  }
  return { events, stop }
}

/** A row of a replay, and how many records with trades of its instrument were applied before it. */
interface ReplayedRow {
  readonly row: ExportedRow
  readonly tradesRead: number
}

/** Trade records of an instrument that a consumer may be ahead of its book records, or behind. */
const MAX_SHIFT = 12
/** All shifts, small ones first. */
const SHIFTS = Array.from({ length: MAX_SHIFT }, (_, index) => [-index - 1, index + 1]).flat()

/**
 * Compares events with the rows of the export of their range, bit by bit. Each value is the same as
 * in a row, but for those of trades: all values of the event are those of the book record with the
 * first n trade records, and n never falls. Books and trades come from two topics, which have no
 * common order, so the topics are replayed in the orders in which a consumer may read them: each
 * topic in its own order, and the trades some records earlier or later than by the timestamps.
 */
export async function compareEvents(
  streams: readonly StreamEvents[],
  rows: readonly ExportedRow[],
  environment: Readonly<Record<string, string>>,
): Promise<Comparison> {
  const records = await recordsOf(environment)
  const replayed = replay(environment, records)
  let comparison = compare(streams, rows, replayed)
  for (const shift of SHIFTS) {
    if (comparison.differences.length === 0) break
    replayed.push(...replay(environment, shiftTrades(records, shift)))
    comparison = compare(streams, rows, replayed)
  }
  return comparison
}

async function recordsOf(environment: Readonly<Record<string, string>>): Promise<TopicRecord[]> {
  const config = readConfig(environment, { isStrict: true })
  const connection = kafkaConnectionOf(config)
  if (connection === null) throw new Error('there are no brokers')
  const reader = new RangeReader(connection, { clock: systemClock, logger: quietLogger })
  const { KAFKA_TOPIC, KAFKA_TRADES_TOPIC } = config.settings
  for (const topic of [KAFKA_TOPIC, KAFKA_TRADES_TOPIC]) {
    await reader.add(topic, { fromMs: 0, toMs: Date.now() })
  }
  return (await Array.fromAsync(reader.read())).flat()
}

/** Moves each trade record of an instrument to the place of the one `shift` records after it. */
function shiftTrades(records: readonly TopicRecord[], shift: number): TopicRecord[] {
  const byKey = Map.groupBy(records.filter(isTrades), ({ key }) => key)
  const places = new Map<string | null, number>()
  return records.flatMap((record) => {
    if (!isTrades(record)) return [record]
    const place = places.get(record.key) ?? 0
    places.set(record.key, place + 1)
    const trades = byKey.get(record.key) ?? []
    const from = place === 0 ? 0 : Math.max(0, place - shift)
    return trades.slice(from, Math.max(0, place - shift + 1))
  })
}

const isTrades = ({ topic }: TopicRecord): boolean => topic.startsWith('trades')

function replay(
  environment: Readonly<Record<string, string>>,
  records: readonly TopicRecord[],
): ReplayedRow[] {
  const config = readConfig(environment, { isStrict: true })
  const columns = columnsOf(config, null)
  const rows: ReplayedRow[] = []
  const read = new Map<string, number>()
  const { imbalanceDepths, bandsBps, windowsMs } = config
  const axes = { imbalanceDepths, bandsBps, windowsMs, instruments: new Set<string>() }
  const market = new MarketReplay(
    { ...consumerOptions(config), ...axes, fromMs: 0, toMs: Infinity, stepMs: null },
    (row) => {
      const values = columns.map(({ name, read: of }) => [name, of(row)])
      rows.push({
        row: Object.fromEntries(values) as ExportedRow,
        tradesRead: read.get(row.view.instrument) ?? 0,
      })
    },
    quietLogger,
  )
  for (const record of records) {
    const key = String(record.key)
    if (isTrades(record)) read.set(key, (read.get(key) ?? 0) + 1)
    market.apply(record)
  }
  return rows
}

/** What identifies the reading that an event shows. */
const keyOf = (row: ExportedRow): string =>
  [row['source_partition'], Number(row['source_offset']), row['verified_time_ms']].join('/')

/**
 * Numbers of trades. Books and trades come from two topics, which have no common order: an event may
 * be older than a trade whose timestamp is before its own, and the row has this trade.
 */
const OF_TRADES = /^last_trade_|_trade_flow_imbalance$|_(buy|sell)_volume$|_trade_count$/

export interface Comparison {
  /** A line for each event that disagrees. */
  readonly differences: readonly string[]
  readonly events: number
  /** Numbers in the events. */
  readonly numbers: number
  /** Events that are older than a trade of their row. */
  readonly beforeTrades: number
}

function compare(
  streams: readonly StreamEvents[],
  rows: readonly ExportedRow[],
  replayed: readonly ReplayedRow[],
): Comparison {
  const rowsByKey = Map.groupBy(rows, keyOf)
  const replayedByKey = Map.groupBy(replayed, ({ row }) => keyOf(row))
  const differences: string[] = []
  let numbers = 0
  let beforeTrades = 0
  for (const events of streams) {
    const tradesRead = new Map<string, number>()
    for (const event of events) {
      const expected = { ...expectedOf(event) }
      expected['source_offset'] = Number(expected['source_offset'])
      const instrument = String(expected['instrument'])
      const key = keyOf(expected)
      const what = `${instrument} ${expected['state']} ${key}`
      numbers += Object.values(expected).filter((value) => typeof value === 'number').length
      const exported = rowsByKey.get(key) ?? []
      const misses = exported.map((row) => differing(expected, row))
      const ofBook = misses.map((names) => names.filter((name) => !OF_TRADES.test(name)))
      const best = ofBook.toSorted((a, b) => a.length - b.length)[0]
      if (best === undefined || best.length > 0) {
        const text = best?.map((name) => textOf(name, expected, exported[0]))
        differences.push(`${what}: ${text?.join(', ') ?? 'no row'}`)
        continue
      }
      if (misses.every(({ length }) => length > 0)) beforeTrades += 1
      const known = tradesRead.get(instrument)
      if (known === undefined && hasNoTrades(expected)) continue
      const candidates = replayedByKey.get(key) ?? []
      const fitting = candidates
        .filter(({ row }) => differing(expected, row).length === 0)
        .map((fits) => fits.tradesRead)
      const next = fitting.filter((count) => count >= (known ?? 0))
      if (next.length === 0) {
        const near = candidates.map(({ row, tradesRead: count }) => {
          const names = differing(expected, row)
          return `${count} trade records: ${names.map((name) => textOf(name, expected, row)).join(', ')}`
        })
        differences.push(
          `${what}: no number of trade records from ${known} on fits\n  ${[...new Set(near)].join('\n  ')}`,
        )
      } else tradesRead.set(instrument, Math.min(...next))
    }
  }
  const events = streams.reduce((sum, { length }) => sum + length, 0)
  return { differences, events, numbers, beforeTrades }
}

/** Names of the values that differ. */
function differing(expected: ExportedRow, row: ExportedRow): string[] {
  return Object.keys(expected).filter((name) => !Object.is(row[name], expected[name]))
}

function textOf(name: string, expected: ExportedRow, row: ExportedRow | undefined): string {
  return `${name} ${expected[name]} not ${row?.[name]}`
}

/** Whether the trades are not read to their end yet, after the start of a consumer. */
function hasNoTrades(event: ExportedRow): boolean {
  return Object.entries(event).every(([name, value]) => !OF_TRADES.test(name) || value === null)
}
