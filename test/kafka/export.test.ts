import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createParser } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'
import { runExport } from '../../src/commands/export/export.ts'
import { type ExportedRow, expectedOf } from '../commands/export/rows.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const LONG = { timeoutMs: 60_000 }
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL']
const FAULTS = ['gap=once', 'halted@BTC-PERPETUAL', 'crossed@ETH-PERPETUAL', '', 'gap=5', '']

type Snapshot = Readonly<Record<string, unknown>>

/** Collects the snapshot events of a stream until it is stopped. */
async function collect(url: string) {
  const events: Snapshot[] = []
  const abort = new AbortController()
  const response = await fetch(`${url}/api/v1/stream?instruments=${INSTRUMENTS.join(',')}`, {
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

async function exported(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<ExportedRow[]> {
  const out = join(temporaryFolder(), 'table.ndjson')
  await runExport(['--format', 'ndjson', '--out', out, ...args], environment)
  return readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportedRow)
}

/**
 * Values that may differ for single readings: those of trades, because books and trades come from
 * two topics without a common order; and those that depend on the time at which a window is read,
 * because the offset of the exchange's clock may come with a checkpoint of another book.
 */
const MAY_DIFFER = /^last_trade|trade_flow|(buy|sell)_volume|trade_count|imbalance_mean|coverage/
/** Share of the readings in which one of these may differ. */
const MAX_SHARE = 0.1

/** What identifies the reading that an event shows. */
const keyOf = (row: ExportedRow): string =>
  [row['source_partition'], Number(row['source_offset']), row['verified_time_ms']].join('/')

describe('export', needsBroker(), () => {
  it.each(['grouped', 'incremental'])(
    'has every number of a book that was live in the stream, bit by bit, in %s mode',
    async (mode) => {
      const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 40 })
      const environment = {
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: uniqueTopic('prices'),
        KAFKA_TRADES_TOPIC: uniqueTopic('trades'),
        KAFKA_GROUP_ID: uniqueTopic('group'),
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: INSTRUMENTS.join(','),
        BOOK_MODE: mode,
      }
      const service = await startService(environment)
      await eventually(async () => (await service.liveCount()) === INSTRUMENTS.length, LONG)
      const stream = await collect(service.url)
      for (const scenario of FAULTS) {
        simulator.faults.set(scenario)
        const before = stream.events.length
        await eventually(() => stream.events.length > before + 60, LONG)
      }
      await stream.stop()
      await service.stop()

      const rows = await exported(environment, ['--from', '-10m'])
      const byKey = Map.groupBy(rows, keyOf)
      const differences: string[] = []
      let tolerated = 0
      for (const event of stream.events) {
        const expected = { ...expectedOf(event) }
        expected['source_offset'] = Number(expected['source_offset'])
        const candidates = byKey.get(keyOf(expected)) ?? []
        const names = Object.keys(expected)
        const misses = candidates.map((row) => names.filter((name) => row[name] !== expected[name]))
        const best = misses.toSorted((a, b) => a.length - b.length)[0]
        if (best === undefined) differences.push(`no row of ${keyOf(expected)}`)
        else if (best.some((name) => !MAY_DIFFER.test(name))) differences.push(best.join(','))
        else if (best.length > 0) tolerated += 1
      }
      expect(stream.events.length).toBeGreaterThan(300)
      expect(differences).toEqual([])
      expect(tolerated / stream.events.length).toBeLessThan(MAX_SHARE)
      const notLive = rows.filter(({ state }) => state !== 'live')
      expect(new Set(notLive.map(({ state }) => state))).toContain('halted')
      expect(notLive.every((row) => row['mid_price'] === null)).toBe(true)
    },
    240_000,
  )
})
