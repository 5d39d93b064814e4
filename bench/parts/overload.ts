import { setTimeout as sleep } from 'node:timers/promises'
import { medianOf } from '../median.ts'
import { readUsage } from '../process-usage.ts'
import { startServiceProcess } from '../start-subjects.ts'
import { climb } from './highest.ts'
import {
  areAllLive,
  readPage,
  type BenchSetup,
  secondsUntil,
  type ServiceProcess,
  sumOf,
  withSubject,
} from './setup.ts'

const INSTRUMENTS = 3000
const IDLE_RATE = 2000
const WARM_UP_SECONDS = 12
const SAMPLE_EVERY_MS = 2000
/** An overload is noticed a second after records are late; samples begin after it. */
const LIMIT_OF_RECOVERY_SECONDS = 60
const STILL_MS = 1000

interface Sample {
  readonly live: number
  readonly ageMs: readonly number[]
  readonly rssBytes: number
}

/** Twice the capacity for a while: live books, ages, memory, and the return to rest. */
export async function measureOverload(setup: BenchSetup, overloadSeconds: number): Promise<void> {
  const capacity = setup.capacityPerSecond ?? (await climb(setup, startServiceProcess))
  const ratePerSecond = 2 * capacity
  setup.print(
    `\nOverload: ${ratePerSecond}/s for ${overloadSeconds} s, twice ${capacity}/s, ${INSTRUMENTS} instruments`,
  )
  const load = { instruments: INSTRUMENTS, ratePerSecond: IDLE_RATE }
  await withSubject(setup, load, startServiceProcess, async (service, exchange) => {
    await secondsUntil(() => areAllLive(service, INSTRUMENTS), WARM_UP_SECONDS)
    exchange.setRate(10_000)
    await sleep(WARM_UP_SECONDS * 500)
    const before = await exchange.counts()
    const startedMs = performance.now()
    exchange.setRate(ratePerSecond)
    const samples: Sample[] = []
    while (performance.now() - startedMs < overloadSeconds * 1000) {
      await sleep(SAMPLE_EVERY_MS)
      samples.push(await sample(service))
    }
    const after = await exchange.counts()
    const sentPerSecond = ((after.sent - before.sent) * 1000) / (performance.now() - startedMs)
    const page = await readPage(service)
    exchange.setRate(IDLE_RATE)
    const liveAfter = await secondsUntil(
      () => areAllLive(service, INSTRUMENTS),
      LIMIT_OF_RECOVERY_SECONDS,
    )
    const stillAfter = await secondsUntil(() => isStill(service), LIMIT_OF_RECOVERY_SECONDS)
    const shares = samples.map(({ live }) => live / INSTRUMENTS)
    const ages = samples.flatMap(({ ageMs }) => ageMs).toSorted((a, b) => a - b)
    const rss = samples.map(({ rssBytes }) => rssBytes / 1e6)
    const quarter = Math.ceil(rss.length / 4)
    setup.print('| measured | value |\n| --- | --- |')
    const rows: [string, string][] = [
      ['sent /s', sentPerSecond.toFixed(0)],
      ['held back, as the service did not read', String(after.held - before.held)],
      ['live books, least of all samples', `${(Math.min(...shares) * 100).toFixed(1)} %`],
      ['live books, median', `${(medianOf(shares) * 100).toFixed(1)} %`],
      ['live books of each sample, %', shares.map((share) => (share * 100).toFixed(0)).join(' ')],
      ['age of values p50, ms', (ages[Math.floor(ages.length / 2)] ?? NaN).toFixed(0)],
      ['age of values p99, ms', (ages[Math.floor(ages.length * 0.99)] ?? NaN).toFixed(0)],
      [
        'RSS first and last quarter, MB',
        `${medianOf(rss.slice(0, quarter)).toFixed(0)}, ${medianOf(rss.slice(-quarter)).toFixed(0)}`,
      ],
      ['dropped by the producer', String(sumOf(page, 'orderbook_dropped_records_total'))],
      ['conflated by the consumer', String(sumOf(page, 'orderbook_conflated_records_total'))],
      ['overloaded at its end', String(sumOf(page, 'orderbook_overloaded'))],
      ['all live after its end, s', liveAfter.toFixed(1)],
      ['nothing conflated after its end, s', (liveAfter + stillAfter).toFixed(1)],
    ]
    for (const [name, value] of rows) setup.print(`| ${name} | ${value} |`)
  })
}

async function sample(service: ServiceProcess): Promise<Sample> {
  const answer = await fetch(`${service.url}/api/v1/snapshots`)
  const { snapshots } = (await answer.json()) as { snapshots: { ageMs: number | null }[] }
  return {
    live: snapshots.length,
    ageMs: snapshots.flatMap(({ ageMs }) => (ageMs === null ? [] : [ageMs])),
    rssBytes: readUsage(service.pid).rssBytes,
  }
}

/** Whether nothing is overloaded and a second passes without a conflated record. */
async function isStill(service: ServiceProcess): Promise<boolean> {
  const conflated = (page: string) =>
    sumOf(page, 'orderbook_dropped_records_total') +
    sumOf(page, 'orderbook_conflated_records_total')
  const before = await readPage(service)
  if (sumOf(before, 'orderbook_overloaded') > 0) return false
  await sleep(STILL_MS)
  return conflated(await readPage(service)) === conflated(before)
}
