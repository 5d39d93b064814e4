import { setTimeout as sleep } from 'node:timers/promises'
import type { startServiceProcess } from '../start-subjects.ts'
import type { SubjectOptions } from '../subject.ts'
import { startPacedExchange, type PacedExchange } from '../start-exchange.ts'

/** What every part of the benchmark gets. */
export interface BenchSetup {
  readonly brokers: string
  readonly rounds: number
  readonly seconds: number
  /** Rate of the overload is twice this, per second; null: found first. */
  readonly capacityPerSecond: number | null
  print(line: string): void
  /** A topic that nothing has used. */
  nextTopic(): string
}

export type ServiceProcess = Awaited<ReturnType<typeof startServiceProcess>>

const POLL_MS = 250

/** Runs `work` with an exchange and a subject of its own; both are stopped after it. */
export async function withSubject<S extends { stop(): Promise<void> }, T>(
  setup: BenchSetup,
  load: { instruments: number; ratePerSecond: number },
  start: (options: SubjectOptions) => S | Promise<S>,
  work: (subject: S, exchange: PacedExchange) => Promise<T>,
): Promise<T> {
  const exchange = await startPacedExchange(load.instruments, load.ratePerSecond)
  try {
    const { exchangeUrl, instruments } = exchange
    const place = { brokers: setup.brokers, topic: setup.nextTopic() }
    const subject = await start({ ...place, exchangeUrl, instruments })
    try {
      return await work(subject, exchange)
    } finally {
      await subject.stop()
    }
  } finally {
    await exchange.stop()
  }
}

/** The sum of the series of a metric on a page that contain `label`; 0 without any. */
export function sumOf(page: string, metric: string, label = ''): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

export async function readPage({ url }: { url: string }): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** Seconds until `isReached`, asked four times a second; NaN after the limit. */
export async function secondsUntil(
  isReached: () => Promise<boolean>,
  limitSeconds: number,
): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const seconds = (performance.now() - startedMs) / 1000
    if (await isReached()) return seconds
    if (seconds > limitSeconds) return NaN
    await sleep(POLL_MS)
  }
}

export async function areAllLive(service: ServiceProcess, instruments: number): Promise<boolean> {
  const page = await readPage(service)
  return sumOf(page, 'orderbook_instruments', 'state="live"') >= instruments
}
