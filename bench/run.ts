import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import kafkajsManifest from 'kafkajs/package.json' with { type: 'json' }
import { startBroker } from '../tools/kafka/broker.ts'
import { medianOf } from './median.ts'
import { measureFixed, measureMemory, measureSizes, measureStart } from './parts/figures.ts'
import { measureHighest } from './parts/highest.ts'
import { measureOverload } from './parts/overload.ts'
import type { BenchSetup } from './parts/setup.ts'
import { measureRoles } from './parts/roles.ts'
import { measureScrapes } from './scrape.ts'
import { measureTopic, type TopicRates } from './topic.ts'

const PARTS = [
  'fixed',
  'highest',
  'overload',
  'roles',
  'start',
  'memory',
  'sizes',
  'scrape',
  'topic',
]
const USAGE = `Measures the service against a minimal baseline, alternating in one run.

  npm run bench -- [--part NAME]... [--quick] [--rounds 5] [--seconds 6] [--capacity N]
                   [--overload-seconds 60] [--memory-seconds 120]

  --part              one of ${PARTS.join(', ')}; may be repeated; all by default
  --quick             one round, short runs: shows that it works, not how fast
  --rounds            interleaved rounds of the search for the highest rate
  --seconds           length of one rung, seconds
  --capacity          half of the rate of the overload; by default found by a search
  --overload-seconds  length of the overload
  --memory-seconds    length of each run for memory
`
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    part: { type: 'string', multiple: true, default: PARTS },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    capacity: { type: 'string' },
    'overload-seconds': { type: 'string' },
    'memory-seconds': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const number = (text: string | undefined, quick: number, full: number) =>
  text === undefined ? (values.quick ? quick : full) : Number(text)
const rounds = number(values.rounds, 1, 5)
const overloadSeconds = number(values['overload-seconds'], 10, 60)
const memorySeconds = number(values['memory-seconds'], 15, 120)

const say = (line: string) => process.stdout.write(`${line}\n`)
const unknown = values.part.filter((part) => !PARTS.includes(part))
if (values.help === true || unknown.length > 0) {
  say(unknown.length > 0 ? `--part ${unknown.join(', ')}: expected ${PARTS.join(', ')}` : USAGE)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const broker = await startBroker({ say })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // The broker is in a process group of its own, which the signal does not reach.
    void broker.stop().finally(() => process.exit(1))
  })
}
let runs = 0
const setup: BenchSetup = {
  brokers: broker.brokers,
  rounds,
  seconds: number(values.seconds, 3, 6),
  capacityPerSecond: values.capacity === undefined ? null : Number(values.capacity),
  print: say,
  nextTopic() {
    runs += 1
    return `bench-${runs}`
  },
}
let capacity: number | null = setup.capacityPerSecond
const measure: Record<string, () => Promise<void>> = {
  fixed: () => measureFixed(setup),
  async highest() {
    const found = await measureHighest(setup)
    capacity ??= found
  },
  overload: () => measureOverload({ ...setup, capacityPerSecond: capacity }, overloadSeconds),
  roles: () => measureRoles(setup),
  start: () => measureStart(setup),
  memory: () => measureMemory(setup, memorySeconds),
  sizes: () => measureSizes(setup),
  scrape: measurePages,
  topic: measureTopicRates,
}

try {
  say(
    `\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}; kafkajs ${kafkajsManifest.version}`,
  )
  calibrate()
  for (const part of PARTS) {
    if (!values.part.includes(part)) continue
    const startedMs = performance.now()
    await measure[part]?.()
    say(`(${part}: ${Math.round((performance.now() - startedMs) / 1000)} s)`)
  }
  calibrate()
} finally {
  await broker.stop()
}

/** The same work ten times: its spread says how quiet the machine is. */
function calibrate(): void {
  const times = Array.from({ length: 10 }, () => {
    const startedMs = performance.now()
    let sum = 0
    for (let count = 0; count < 2e7; count += 1) sum = (sum + count * 7) % 1_000_003
    return sum < 0 ? NaN : performance.now() - startedMs
  })
  const [least, most] = [Math.min(...times), Math.max(...times)]
  say(
    `calibration: ${medianOf(times).toFixed(0)} ms for the same work, ${least.toFixed(0)} to ${most.toFixed(0)}`,
  )
}

async function measureTopicRates(): Promise<void> {
  say('\nThe topic alone, records of 725 bytes, four partitions, acks=all and acks=1 alternating')
  const measured: TopicRates[] = []
  for (let round = 1; round <= Math.min(3, rounds); round += 1) {
    for (const acks of ['all', '1'] as const) {
      const count = values.quick ? 100_000 : 300_000
      measured.push(await measureTopic(broker.brokers, setup.nextTopic(), acks, count))
    }
  }
  say('| acks | produced /s | CPU us each | consumed /s | CPU us each |')
  say('| --- | --- | --- | --- | --- |')
  for (const acks of ['all', '1'] as const) {
    const own = measured.filter((rates) => rates.acks === acks)
    const of = (pick: (rates: TopicRates) => number) => medianOf(own.map(pick))
    const cells = [
      acks,
      Math.round(of(({ producedPerSecond }) => producedPerSecond)),
      of(({ produceMicroseconds }) => produceMicroseconds).toFixed(1),
      Math.round(of(({ consumedPerSecond }) => consumedPerSecond)),
      of(({ consumeMicroseconds }) => consumeMicroseconds).toFixed(1),
    ]
    say(`| ${cells.join(' | ')} |`)
  }
}

async function measurePages(): Promise<void> {
  say('\nScrapes, 20 each; "blocked" is the longest block of the event loop')
  say(
    '| instruments | detail | changes /s | series | kB | p50 ms | max ms | blocked ms, median | without a scrape | blocked ms, max | without a scrape |',
  )
  say('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const load of [
    { instruments: 20, ratePerSecond: 200, detail: 'full' },
    { instruments: 3000, ratePerSecond: 10_000, detail: 'core' },
  ] as const) {
    const { series, bytes, wallMs, blockedMs, medianBlockedMs } = await measureScrapes(load)
    const times = [wallMs.p50, wallMs.max, medianBlockedMs.scraping, medianBlockedMs.idle]
    times.push(blockedMs.scraping, blockedMs.idle)
    const cells = [load.instruments, load.detail, load.ratePerSecond, series]
    say(
      `| ${[...cells, Math.round(bytes / 1000), ...times.map((ms) => ms.toFixed(1))].join(' | ')} |`,
    )
  }
}
