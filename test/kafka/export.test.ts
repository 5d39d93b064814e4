import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runExport } from '../../src/commands/export/export.ts'
import type { ExportedRow } from '../commands/export/rows.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { isSoak } from '../support/soak.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { collectEvents, compareEvents, LONG, type Snapshot } from './export-run.ts'

const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL']
const RESTART = 'restart'
const FAULTS = ['gap=once', 'halted@BTC-PERPETUAL', RESTART, 'crossed@ETH-PERPETUAL', 'gap=5', '']
/** The long form lasts three minutes, with the windows of the default settings. */
const ROUNDS = isSoak ? 5 : 1
const EVENTS_PER_FAULT = isSoak ? 150 : 50
const SHORT_WINDOWS = { WINDOWS_MS: '1000,4000', CHECKPOINT_SNAPSHOT_MS: '3000' }
/** Share of the events that may have other trades than their row. */
const MAX_SHARE = 0.1

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

/** Runs producer and consumer under faults; the consumer is stopped and started again. */
async function runWithFaults(mode: string) {
  const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 40 })
  const environment = {
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: uniqueTopic('prices'),
    KAFKA_TRADES_TOPIC: uniqueTopic('trades'),
    KAFKA_GROUP_ID: uniqueTopic('group'),
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: INSTRUMENTS.join(','),
    BOOK_MODE: mode,
    // A busy machine makes no book stale, which would restart its windows.
    STALE_AFTER_MS: '10000',
    MAX_RECORD_AGE_MS: '10000',
    ...(isSoak ? {} : SHORT_WINDOWS),
  }
  const producer = await startService({ ...environment, ROLE: 'producer' })
  const events: Snapshot[] = []
  const watch = async () => {
    const consumer = await startService({ ...environment, ROLE: 'consumer' })
    const stream = await collectEvents(consumer.url, INSTRUMENTS)
    return { consumer, stream }
  }
  const end = async ({ consumer, stream }: Awaited<ReturnType<typeof watch>>) => {
    await stream.stop()
    events.push(...stream.events)
    await consumer.stop()
  }
  let watched = await watch()
  await eventually(async () => {
    const count = await watched.consumer.liveCount()
    if (count < INSTRUMENTS.length) throw new Error(`${mode}: ${count} books are live`)
    return true
  }, LONG)
  for (const fault of Array.from({ length: ROUNDS }, () => FAULTS).flat()) {
    if (fault === RESTART) {
      await end(watched)
      watched = await watch()
    } else simulator.faults.set(fault)
    const { stream } = watched
    const before = stream.events.length
    await eventually(() => {
      const count = stream.events.length - before
      if (count < EVENTS_PER_FAULT) throw new Error(`${mode}: ${count} events after ${fault}`)
      return true
    }, LONG)
  }
  await end(watched)
  await producer.stop()
  return { environment, events }
}

describe('export', needsBroker(), () => {
  it(
    'has every number of a book that was live in the stream, bit by bit, through faults and restarts',
    async () => {
      await Promise.all(
        ['grouped', 'incremental'].map(async (mode) => {
          const { environment, events } = await runWithFaults(mode)
          const fromMs = Math.min(...events.map(({ verifiedTimeMs }) => Number(verifiedTimeMs)))
          const rows = await exported(environment, ['--from', String(fromMs)])
          const comparison = compareEvents(events, rows)
          expect(comparison.differences).toEqual([])
          expect(comparison.numbers).toBeGreaterThan(20 * events.length)
          expect(comparison.otherTrades / events.length).toBeLessThan(MAX_SHARE)
          const whole = events.filter((event) => hasWholeWindows(event))
          expect(whole.length).toBeGreaterThan(events.length / 4)
          const notLive = rows.filter(({ state }) => state !== 'live')
          expect(new Set(notLive.map(({ state }) => state))).toContain('halted')
          expect(notLive.every((row) => row['mid_price'] === null)).toBe(true)
        }),
      )
    },
    isSoak ? 900_000 : 240_000,
  )
})

/** Whether the longest window of the event is whole, and has trades. */
function hasWholeWindows({ windows }: Snapshot): boolean {
  const values = Object.values(windows as Record<string, Record<string, number | null>>)
  const longest = values.at(-1)
  return longest?.['coverage'] === 1 && longest['tradeCount'] !== null
}
