import { createParser } from 'eventsource-parser'
import type { ExportedRow } from '../commands/export/rows.ts'
import { expectedOf } from '../commands/export/rows.ts'

export type Snapshot = Readonly<Record<string, unknown>>

/** Collects the snapshot events of a stream until it is stopped, or ends. */
export async function collectEvents(url: string, instruments: readonly string[]) {
  const events: Snapshot[] = []
  const abort = new AbortController()
  const response = await fetch(`${url}/api/v1/stream?instruments=${instruments.join(',')}`, {
    signal: abort.signal,
  })
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

/** What a book that is not live shows: states of the records, and those of a reader that is late. */
const OF_THE_READER = new Set(['catching_up', 'stale', 'waiting'])
/** Fields that say what is shown, and are no numbers of the book. */
const NO_NUMBER = new Set(['state', 'reason', 'source_topic'])

/**
 * Compares events with the rows of the export of their range, bit by bit.
 * @returns a line for each event that no row agrees with
 */
export function differencesOf(
  events: readonly Snapshot[],
  rows: readonly ExportedRow[],
): { differences: string[]; numbers: number; live: number } {
  const byKey = Map.groupBy(rows, keyOf)
  const differences: string[] = []
  let numbers = 0
  let live = 0
  for (const event of events) {
    const expected = { ...expectedOf(event) }
    expected['source_offset'] = Number(expected['source_offset'])
    const isLive = expected['state'] === 'live'
    if (isLive) live += 1
    const given = Object.entries(expected).filter(
      ([name, value]) =>
        value !== null && !(NO_NUMBER.has(name) && OF_THE_READER.has(String(expected['state']))),
    )
    numbers += given.filter(([, value]) => typeof value === 'number').length
    const misses = (byKey.get(keyOf(expected)) ?? []).map((row) =>
      given.flatMap(([name, value]) =>
        Object.is(row[name], value) ? [] : [`${name} ${value} not ${row[name]}`],
      ),
    )
    const best = misses.toSorted((a, b) => a.length - b.length)[0]
    const what = `${expected['instrument']} ${expected['state']} ${keyOf(expected)}`
    if (best === undefined) differences.push(`no row of ${what}`)
    else if (best.length > 0) differences.push(`${what}: ${best.join(', ')}`)
  }
  return { differences, numbers, live }
}
