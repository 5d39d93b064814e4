import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MetricRegistry } from '../src/observability/metrics/registry.ts'
import { formatLine } from '../src/recording/recorded-line.ts'
import { systemClock } from '../src/time/clock.ts'
import { EventLoopLoad } from '../src/time/event-loop-load.ts'
import { createKafkaTopic } from '../src/topic/kafka/kafka-topic.ts'
import { createProducerMetrics } from '../src/topic/metrics.ts'
import { startBroker } from '../tools/kafka/broker.ts'
import { generateMarket, spanOf } from './export-records.ts'
import type { ExportAnswer, ExportTask } from './export-subject.ts'

const USAGE = `Measures the export against reading the same records with the same reader and no books.

  npm run bench:export -- [--records 300000] [--source topic|recording|both] [--format NAME]... [--every STEP]...

  --records   records of 20 books: snapshots of ten levels a side, and a trade for every tenth
  --source    topics of a broker that is started for it, or a recording
  --format    parquet, csv or ndjson (default: parquet and csv)
  --every     update, or a step such as 1s (default: both)
`
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '300000' },
    source: { type: 'string', default: 'both' },
    format: { type: 'string', multiple: true, default: ['parquet', 'csv'] },
    every: { type: 'string', multiple: true, default: ['update', '1s'] },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
if (values.help === true) {
  say(USAGE)
  process.exit(0)
}
const count = Number(values.records)
const SUBJECT = fileURLToPath(new URL('export-subject.ts', import.meta.url))
/** Records published before waiting for the queue. */
const BURST = 20_000
const toMs = Math.floor(Date.now() / 1000) * 1000
const fromMs = toMs - spanOf(count)
const folder = mkdtempSync(join(tmpdir(), 'orderbook-bench-export-'))

say(
  '| source | what | records/s | records/s of a core | CPU us a record | of reading | peak RSS, MB |',
)
say('| --- | --- | --- | --- | --- | --- | --- |')
try {
  if (values.source !== 'recording') await measureTopic()
  if (values.source !== 'topic') await measure('recording', null)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measureTopic(): Promise<void> {
  const broker = await startBroker()
  try {
    await writeTopics(broker.brokers)
    await measure('topic', broker.brokers)
  } finally {
    await broker.stop()
  }
}

async function measure(source: string, brokers: string | null): Promise<void> {
  const range = { brokers, fromMs, toMs }
  const reading = await run({ kind: 'read', args: [], ...range })
  if (reading.records !== count) throw new Error(`read ${reading.records} of ${count} records`)
  report(source, 'reading alone', reading, reading)
  for (const every of values.every) {
    for (const format of values.format) {
      const out = join(folder, 'table')
      const args = ['--format', format, '--every', every, '--out', out]
      const answer = await run({ kind: 'export', args, ...range })
      report(source, `${format}, every ${every}`, answer, reading)
      rmSync(out)
    }
  }
}

async function run(task: ExportTask): Promise<ExportAnswer> {
  const child = fork(SUBJECT, [JSON.stringify(task)], {
    // As in the container and with npm start.
    execArgv: ['--max-semi-space-size=8'],
    stdio: [task.brokers === null ? 'pipe' : 'ignore', 'ignore', 'pipe', 'ipc'],
  })
  const errors: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const answered = once(child, 'message') as Promise<[ExportAnswer]>
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the subject ended: ${errors.join('')}`)
  })
  ended.catch(() => undefined)
  if (child.stdin !== null) await pipeline(Readable.from(recordingChunks()), child.stdin)
  const [answer] = await Promise.race([answered, ended])
  return answer
}

/** The same records as lines of a recording, in chunks: of single lines the pipe would be the limit. */
function* recordingChunks(): Generator<string> {
  let chunk: string[] = []
  for (const { value, timestampMs } of generateMarket(count, fromMs)) {
    chunk.push(formatLine({ receivedUs: timestampMs * 1000, direction: 'in', raw: value }))
    if (chunk.length < 500) continue
    yield chunk.join('')
    chunk = []
  }
  yield chunk.join('')
}

async function writeTopics(brokers: string): Promise<void> {
  const topic = createKafkaTopic(
    {
      connection: { brokers: [brokers], tls: null, sasl: null },
      topics: [
        { name: 'prices', overflow: 'refuse' },
        { name: 'trades', overflow: 'refuse' },
      ],
      partitions: 4,
      replicationFactor: 1,
      retentionMs: 30 * 86_400_000,
      retentionBytes: -1,
      acks: '1',
      lingerMs: 5,
      batchMaxRecords: 500,
      queueMaxBytes: 256 << 20,
      delayLimitMs: 60_000,
    },
    {
      clock: systemClock,
      logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
      load: new EventLoopLoad(systemClock).read,
      onFatal: (error) => {
        throw error
      },
    },
  )
  const producer = topic.createProducer(createProducerMetrics(new MetricRegistry({ role: 'all' })))
  await producer.start()
  let sent = 0
  for (const record of generateMarket(count, fromMs)) {
    producer.send({
      topic: record.topic,
      key: record.instrument,
      channel: record.instrument,
      value: Buffer.from(record.value),
      timestampMs: record.timestampMs,
      kind: 'frame',
      isWhole: true,
      receivedMonotonicMs: performance.now(),
    })
    sent += 1
    if (sent % BURST === 0) await producer.flush(120_000)
  }
  await producer.flush(120_000)
  const written = producer.counts().reduce((sum, { produced }) => sum + produced, 0)
  await producer.stop(5000)
  await topic.close(5000)
  if (written !== count) throw new Error(`wrote ${written} of ${count} records`)
}

function report(source: string, what: string, answer: ExportAnswer, reading: ExportAnswer): void {
  const { seconds, cpuSeconds, peakRssBytes } = answer
  const cells = [
    source,
    what,
    Math.round(count / seconds),
    Math.round(count / cpuSeconds),
    ((cpuSeconds / count) * 1e6).toFixed(2),
    (reading.cpuSeconds / cpuSeconds).toFixed(2),
    Math.round(peakRssBytes / 1e6),
  ]
  say(`| ${cells.join(' | ')} |`)
}
