import { cpus, tmpdir } from 'node:os'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ChildService } from '../tools/stack/child-service.ts'
import { startStack } from '../tools/stack/start-stack.ts'
import { freePorts } from '../tools/stack/stack-options.ts'
import type { Stack } from '../tools/stack/stack.ts'
import { difference, quantileMs, type BucketCounts } from './lag-histogram.ts'
import { readUsage, type ProcessUsage } from './process-usage.ts'
import { readCounts } from './start-subjects.ts'

const USAGE = `Measures consumers of one group as processes, together with producer, exchange and broker.

  npm run bench:members -- [--members 1,2,4] [--instruments 1000] [--rate 3000] [--seconds 20]
`
const PARTITIONS = 4
const TOPIC = 'prices'
/** Warm-up of compilers and buffers. */
const WARM_UP_MS = 6000

const say = (line: string) => process.stdout.write(`${line}\n`)

interface MemberReading {
  readonly usage: ProcessUsage
  readonly consumed: number
  readonly lag: BucketCounts
  readonly instruments: number
}

interface StackReading {
  readonly atMs: number
  readonly produced: number
  readonly producer: ProcessUsage
  readonly broker: ProcessUsage
  readonly members: readonly MemberReading[]
}

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '1,2,4' },
    instruments: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '3000' },
    seconds: { type: 'string', default: '20' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help === true) {
  say(USAGE)
  process.exit(0)
}

say(`\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}`)
say(
  `${values.instruments} instruments, ${values.rate} changes/s, snapshots of 725 bytes, ` +
    `${PARTITIONS} partitions, ${values.seconds} s each\n`,
)
say(
  '| consumers | books each | produced /s | consumed /s | p50 ms | p99 ms | CPU of all consumers | us/record | RSS MB each | CPU producer | CPU broker |',
)
say('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')
for (const members of values.members.split(',').map(Number)) {
  say(await measure(members))
}

/** One row of the table. */
async function measure(members: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbook-bench-'))
  const stack = await startStack({
    folder,
    ports: freePorts(members),
    instruments: Number(values.instruments),
    ratePerSecond: Number(values.rate),
    simulator: { 'frame-bytes': '725', 'history-ms': '0' },
    settings: { TRADES: 'false', KAFKA_PARTITIONS: String(PARTITIONS) },
    hasMonitoring: false,
  })
  try {
    await sleep(WARM_UP_MS)
    const before = await readStack(stack)
    await sleep(Number(values.seconds) * 1000)
    return row(before, await readStack(stack))
  } finally {
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function readStack(stack: Stack): Promise<StackReading> {
  const page = async ({ url }: ChildService) => (await fetch(`${url}/metrics`)).text()
  const members = await Promise.all(
    stack.consumers.map(async (consumer) => {
      const text = await page(consumer)
      const value = (series: string) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${series} `))
            ?.split(' ')[1] ?? 0,
        )
      return {
        usage: readUsage(consumer.pid),
        consumed: value(`orderbook_consumed_records_total{topic="${TOPIC}"}`),
        lag: readCounts(text, TOPIC).lag,
        instruments: value('orderbook_instruments{state="live"}'),
      }
    }),
  )
  return {
    atMs: performance.now(),
    produced: readCounts(await page(stack.producer), TOPIC).produced,
    producer: readUsage(stack.producer.pid),
    broker: readUsage(stack.broker?.pid ?? process.pid),
    members,
  }
}

function row(before: StackReading, after: StackReading): string {
  const seconds = (after.atMs - before.atMs) / 1000
  const pairs = after.members.flatMap((member, index) => {
    const earlier = before.members[index]
    return earlier === undefined ? [] : [{ member, earlier }]
  })
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const share = (later: ProcessUsage, earlier: ProcessUsage) =>
    (later.cpuSeconds - earlier.cpuSeconds) / seconds
  const consumed = sum(pairs.map(({ member, earlier }) => member.consumed - earlier.consumed))
  const cpuShares = pairs.map(({ member, earlier }) => share(member.usage, earlier.usage))
  const lags = pairs.map(({ member, earlier }) => difference(member.lag, earlier.lag))
  const lag = (lags[0] ?? []).map((_, bucket) => sum(lags.map((counts) => counts[bucket] ?? 0)))
  const cells = [
    pairs.length,
    pairs.map(({ member }) => member.instruments).join(', '),
    Math.round((after.produced - before.produced) / seconds),
    Math.round(consumed / seconds),
    quantileMs(lag, 0.5).toFixed(1),
    quantileMs(lag, 0.99).toFixed(1),
    `${sum(cpuShares).toFixed(2)} (${cpuShares.map((cpu) => cpu.toFixed(2)).join(', ')})`,
    ((sum(cpuShares) * seconds * 1e6) / consumed).toFixed(0),
    pairs.map(({ member }) => (member.usage.rssBytes / 1e6).toFixed(0)).join(', '),
    share(after.producer, before.producer).toFixed(2),
    share(after.broker, before.broker).toFixed(2),
  ]
  return `| ${cells.join(' | ')} |`
}
