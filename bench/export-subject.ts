import process from 'node:process'
import { runExport } from '../src/commands/export/export.ts'
import { RecordedRecords } from '../src/commands/export/recorded-records.ts'
import { quietLogger } from '../src/commands/replayed-books.ts'
import { readRecordingBatches } from '../src/recording/reader.ts'
import { systemClock } from '../src/time/clock.ts'
import { RangeReader } from '../src/topic/kafka/range-reader.ts'

/** What a process of the benchmark does. */
export interface ExportTask {
  /** `read`: the records are counted by the reader of the export, and nothing else. */
  readonly kind: 'read' | 'export'
  /** Brokers of the topics `prices` and `trades`; null = a recording from the standard input. */
  readonly brokers: string | null
  readonly fromMs: number
  readonly toMs: number
  /** Arguments of the export, but for its range. */
  readonly args: readonly string[]
}

export interface ExportAnswer {
  /** Records that were read; only of `read`. */
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as ExportTask
// After the modules were loaded, which takes as long as thousands of records.
const startedMs = performance.now()
const before = process.cpuUsage()
const records = await run()
const { user, system } = process.cpuUsage(before)
process.send?.({
  records,
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
} satisfies ExportAnswer)
process.disconnect?.()

async function run(): Promise<number> {
  const { kind, brokers, fromMs, toMs, args } = task
  if (kind === 'read') return brokers === null ? countLines() : countRecords(brokers)
  if (brokers === null) await runExport([...args, '--replay', '-'], {})
  else {
    const range = ['--from', String(fromMs), '--to', String(toMs)]
    await runExport([...args, ...range], { KAFKA_BROKERS: brokers })
  }
  return 0
}

async function countRecords(brokers: string): Promise<number> {
  const connection = { brokers: [brokers], tls: null, sasl: null }
  const reader = new RangeReader(connection, { clock: systemClock, logger: quietLogger })
  for (const topic of ['prices', 'trades']) await reader.add(topic, task)
  let count = 0
  for await (const chunk of reader.read()) count += chunk.length
  return count
}

async function countLines(): Promise<number> {
  const options = { booksTopic: 'prices', tradesTopic: 'trades', checkpointMs: 10_000 }
  const recorded = new RecordedRecords(options)
  let count = 0
  for await (const lines of readRecordingBatches({ file: '-' }, () => undefined)) {
    count += lines.flatMap((line) => recorded.of(line)).length
  }
  return count
}
