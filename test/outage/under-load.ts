import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { startProgram } from '../pipeline/running-program.ts'
import { startSimulator, type Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { brokerPlace, ownBroker } from '../support/own-broker.ts'

/** What the simulated exchange sends. */
export interface Load {
  readonly instruments: number
  /** Changes per second; there is at most one snapshot of a book per 100 ms. */
  readonly ratePerSecond: number
}

/** About 1,000 snapshots a second of 130 books. */
export const FULL_LOAD: Load = { instruments: 130, ratePerSecond: 2300 }
/** About 200 snapshots a second of 26 books. */
export const LIGHT_LOAD: Load = { instruments: 26, ratePerSecond: 460 }
const SAMPLE_EVERY_MS = 500
const SERIES_RSS = 'process_resident_memory_bytes{}'

export const LONG = { timeoutMs: 60_000, intervalMs: 50 }

/** A simulated exchange, and the service as a process with a broker, once all books are live. */
export async function startServiceUnderLoad(
  brokers: string,
  settings: Readonly<Record<string, string>> = {},
  load = FULL_LOAD,
) {
  const simulator = await startSimulator({ ...load, historyMs: 15_000 })
  const service = await startProgram(
    {
      KAFKA_BROKERS: brokers,
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      TRADES: 'false',
      METRICS_DETAIL: 'full',
      ...settings,
    },
    { topicIsGone: 'a broker that was started again ends first; the tests compare for themselves' },
  )
  await eventually(() => allLive(service, load), LONG)
  return { simulator, service }
}

/** The same under full load, with a broker of its own. */
export async function startUnderLoad(settings: Readonly<Record<string, string>> = {}) {
  const place = await brokerPlace()
  const broker = await ownBroker(place)
  return { place, broker, ...(await startServiceUnderLoad(broker.brokers, settings)) }
}

export async function allLive(service: Reader, { instruments } = FULL_LOAD): Promise<boolean> {
  const isReady = (await service.status('/readyz')) === 200
  return isReady && (await service.liveCount()) === instruments
}

/** Waits until ready. @returns seconds since `sinceMs` (monotonic) */
export async function secondsUntilLive(
  service: Reader,
  sinceMs: number,
  load = FULL_LOAD,
): Promise<number> {
  await eventually(() => allLive(service, load), LONG)
  return (performance.now() - sinceMs) / 1000
}

/** The terms of the delivery balance of `prices`, once the queue is empty. */
export async function drainedDelivery(service: Reader) {
  return eventually(async () => {
    const { series } = await service.metrics()
    const value = (name: string) => series.get(`orderbook_${name}`) ?? 0
    expect(value('producer_queue_records{topic=prices}')).toBe(0)
    expect(value('producer_in_flight_records{topic=prices}')).toBe(0)
    const dropped = [...series].filter(
      ([name, count]) => name.startsWith('orderbook_dropped_records') && count > 0,
    )
    return {
      received: value('feed_frames_total{kind=book}'),
      produced: value('produced_records_total{topic=prices,kind=frame}'),
      dropped: dropped.reduce((sum, [, count]) => sum + count, 0),
      /** The same by series, for a failure. */
      drops: Object.fromEntries(dropped),
    }
  }, LONG)
}

/** Samples the memory of a service at an interval; `stop` returns the samples in MB. */
export function watchMemory(service: Reader) {
  const samples: number[] = []
  let isOn = true
  const done = (async () => {
    while (isOn) {
      samples.push(((await service.value(SERIES_RSS)) ?? 0) / 1e6)
      await sleep(SAMPLE_EVERY_MS)
    }
  })()
  return {
    samples,
    async stop(): Promise<readonly number[]> {
      isOn = false
      await done
      return samples
    },
  }
}
