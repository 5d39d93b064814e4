import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { startApp } from '../tools/app/start-app.ts'
import { medianOf } from './median.ts'
import { startPacedExchange } from './start-exchange.ts'
import type { Scrape } from './scraper-worker.ts'

const SCRAPES = 20
const WARM_UP_MS = 10_000
/** Time between two scrapes; its first half measures the event loop without one. */
const PAUSE_MS = 1000

export interface ScrapeLoad {
  readonly instruments: number
  readonly ratePerSecond: number
  readonly detail: 'core' | 'full'
}

export interface ScrapeFigures {
  readonly load: ScrapeLoad
  readonly series: number
  readonly bytes: number
  readonly wallMs: { readonly p50: number; readonly max: number }
  /** Longest block of the event loop, in equally many spans with and without a scrape. */
  readonly blockedMs: { readonly scraping: number; readonly idle: number }
  /** Median of the spans, because single outliers come from the machine. */
  readonly medianBlockedMs: { readonly scraping: number; readonly idle: number }
}

/** Scrapes a service in this process, with the in-process topic, from another thread. */
export async function measureScrapes(load: ScrapeLoad): Promise<ScrapeFigures> {
  const exchange = await startPacedExchange(load.instruments, load.ratePerSecond)
  const { app, url } = await startApp({
    DERIBIT_URL: exchange.exchangeUrl,
    INSTRUMENTS: exchange.instruments.join(','),
    MAX_INSTRUMENTS: '10000',
    METRICS_DETAIL: load.detail,
  })
  const worker = new Worker(new URL('scraper-worker.ts', import.meta.url), {
    workerData: `${url}/metrics`,
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  try {
    await sleep(WARM_UP_MS)
    const scrapes: Scrape[] = []
    const [scraping, idle]: [number[], number[]] = [[], []]
    for (let count = 0; count < SCRAPES + 1; count += 1) {
      await sleep(PAUSE_MS)
      delay.reset()
      const answered = once(worker, 'message')
      worker.postMessage(null)
      const [scrape] = (await answered) as [Scrape]
      const blockedMs = delay.max / 1e6
      // An equally long span without a scrape.
      delay.reset()
      await sleep(scrape.wallMs)
      // Warm-up for the compiler.
      if (count === 0) continue
      scrapes.push(scrape)
      scraping.push(blockedMs)
      idle.push(delay.max / 1e6)
    }
    const wallTimesMs = scrapes.map(({ wallMs }) => wallMs)
    return {
      load,
      series: scrapes.at(-1)?.series ?? 0,
      bytes: scrapes.at(-1)?.bytes ?? 0,
      wallMs: { p50: medianOf(wallTimesMs), max: Math.max(...wallTimesMs) },
      blockedMs: { scraping: Math.max(...scraping), idle: Math.max(...idle) },
      medianBlockedMs: { scraping: medianOf(scraping), idle: medianOf(idle) },
    }
  } finally {
    delay.disable()
    await worker.terminate()
    await app.stop(5000)
    await exchange.stop()
  }
}
