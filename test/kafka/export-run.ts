import { createParser } from 'eventsource-parser'
import { type ExportedRow, expectedOf } from '../commands/export/rows.ts'
import { eventually } from '../support/eventually.ts'

export const LONG = { timeoutMs: 60_000 }

export type Snapshot = Readonly<Record<string, unknown>>

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

/** What identifies the reading that an event shows. */
const keyOf = (row: ExportedRow): string =>
  [row['source_partition'], Number(row['source_offset']), row['verified_time_ms']].join('/')

/**
 * Numbers of trades. Books and trades come from two topics, which have no common order: at an event,
 * the consumer may have read a trade less or more than the row has, whose trades are in the order of
 * their timestamps.
 */
const OF_TRADES = /^last_trade_|_trade_flow_imbalance$|_(buy|sell)_volume$|_trade_count$/

export interface Comparison {
  /** A line for each event that no row agrees with, apart from numbers of trades. */
  readonly differences: readonly string[]
  readonly events: number
  /** Numbers in the events. */
  readonly numbers: number
  /** Events with other trades than every row. */
  readonly otherTrades: number
}

/** Compares events with the rows of the export of their range, bit by bit. */
export function compareEvents(
  events: readonly Snapshot[],
  rows: readonly ExportedRow[],
): Comparison {
  const byKey = Map.groupBy(rows, keyOf)
  const differences: string[] = []
  let numbers = 0
  let otherTrades = 0
  for (const event of events) {
    const expected = { ...expectedOf(event) }
    expected['source_offset'] = Number(expected['source_offset'])
    numbers += Object.values(expected).filter((value) => typeof value === 'number').length
    const candidates = byKey.get(keyOf(expected)) ?? []
    const misses = candidates.map((row) =>
      Object.keys(expected).filter((name) => !Object.is(row[name], expected[name])),
    )
    const [best] = misses.toSorted((a, b) => a.length - b.length)
    const ofBook = best?.filter((name) => !OF_TRADES.test(name))
    if (ofBook === undefined || ofBook.length > 0) {
      const what = `${expected['instrument']} ${expected['state']} ${keyOf(expected)}`
      const values = ofBook?.map((name) => `${name} ${expected[name]} not ${candidates[0]?.[name]}`)
      differences.push(`${what}: ${values?.join(', ') ?? 'no row'}`)
    } else if (misses.every(({ length }) => length > 0)) otherTrades += 1
  }
  return { differences, events: events.length, numbers, otherTrades }
}
