import { cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import kafkajsManifest from 'kafkajs/package.json' with { type: 'json' }
import { startBroker } from '../tools/kafka/broker.ts'
import { runLoad, type Load, type Result } from './run-load.ts'
import { medianOf } from './median.ts'
import { measureScrapes } from './scrape.ts'
import { measureTopic, type TopicRates } from './topic.ts'
import { startBareLoop, startServiceProcess } from './start-subjects.ts'

const USAGE = `Measures the service against a minimal baseline, alternating in one run.

  npm run bench -- [--quick] [--part fixed|highest|topic|scrape]

  --quick   shorter runs and one round of the search for the highest rate
  --part    only the table of fixed loads, only the search for the highest rate, only the rates of
            the topic edge alone, or only the exposition
`
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    part: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const seconds = values.quick ? 8 : 20
const ROUNDS = values.quick ? 1 : 3
const RATES = [15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 45_000]

const say = (line: string) => process.stdout.write(`${line}\n`)

if (values.help === true) {
  say(USAGE)
  process.exit(0)
}

const broker = await startBroker({ say })
let runs = 0
const both = [startBareLoop, startServiceProcess] as const
const run = (load: Load, start: (typeof both)[number]) => {
  runs += 1
  return runLoad(load, { brokers: broker.brokers, topic: `bench-${runs}` }, start)
}

try {
  say(
    `\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores; Node ${process.version}; kafkajs ${kafkajsManifest.version}\n`,
  )
  const isAsked = (part: string) => values.part === undefined || values.part === part
  if (isAsked('fixed')) await measureFixedLoads()
  if (isAsked('highest')) await measureHighestRates()
  if (isAsked('topic')) await measureTopicRates()
  if (isAsked('scrape')) await measurePages()
} finally {
  await broker.stop()
}

async function measureFixedLoads(): Promise<void> {
  say('Fixed loads')
  say(header())
  const at10k: Result[] = []
  for (const load of [
    { instruments: 20, ratePerSecond: 200 },
    { instruments: 3000, ratePerSecond: 10_000 },
    { instruments: 3000, ratePerSecond: 20_000 },
  ]) {
    for (const start of both) {
      const result = await run({ ...load, warmUpSeconds: 6, seconds }, start)
      say(row(result))
      if (load.ratePerSecond === 10_000) at10k.push(result)
    }
  }
  const [bare, service] = at10k
  if (bare !== undefined && service !== undefined) {
    const ratio = service.cpuMicrosecondsPerMessage / bare.cpuMicrosecondsPerMessage
    say(`\nCPU per message at 10,000/s: ${ratio.toFixed(2)} x the bare loop`)
  }
}

async function measureHighestRates(): Promise<void> {
  say('\nHighest sustained rate (no drops, no growing backlog)')
  say(header())
  const ratios: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const best: number[] = []
    for (const start of both) best.push(await findHighest(start))
    const [ofBare = NaN, ofService = NaN] = best
    ratios.push(ofService / ofBare)
    say(
      `round ${round}: bare loop ${Math.round(ofBare)}/s, service ${Math.round(ofService)}/s, ratio ${(ofService / ofBare).toFixed(2)}`,
    )
  }
  say(
    `\nhighest sustained rate: ${medianOf(ratios).toFixed(2)} of the bare loop (median of ${ROUNDS})`,
  )
}

async function measureTopicRates(): Promise<void> {
  say('\nThe topic alone, records of 725 bytes, four partitions, acks=all and acks=1 alternating')
  const measured: TopicRates[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const acks of ['all', '1'] as const) {
      runs += 1
      const count = values.quick ? 100_000 : 300_000
      measured.push(await measureTopic(broker.brokers, `bench-${runs}`, acks, count))
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
    { instruments: 3000, ratePerSecond: 1000, detail: 'core' },
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

/**
 * Raises the load until a backlog grows or the rate stops growing: on two cores that also run
 * exchange and broker, the exchange slows down first.
 */
async function findHighest(start: (typeof both)[number]): Promise<number> {
  let highest = 0
  for (const ratePerSecond of RATES) {
    const load = { instruments: 5000, ratePerSecond, warmUpSeconds: 8, seconds: seconds / 2 }
    const result = await run(load, start)
    say(row(result))
    const isMore = result.consumedPerSecond > highest * 1.03
    if (result.isSustained) highest = Math.max(highest, result.consumedPerSecond)
    if (!result.isSustained || !isMore) break
  }
  return highest
}

function header(): string {
  return [
    '| subject | offered /s | received /s | consumed /s | behind | dropped | CPU us/msg | CPU share | p50 ms | p99 ms | RSS MB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ].join('\n')
}

function row(result: Result): string {
  const cells = [
    result.name,
    result.offeredPerSecond,
    Math.round(result.receivedPerSecond),
    Math.round(result.consumedPerSecond),
    result.behind,
    result.dropped,
    result.cpuMicrosecondsPerMessage.toFixed(1),
    result.cpuShare.toFixed(2),
    result.p50Ms.toFixed(1),
    result.p99Ms.toFixed(1),
    result.rssMegabytes.toFixed(0),
  ]
  return `| ${cells.join(' | ')} |`
}
