import { createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import type { FaultSwitches } from '../../src/model/faults.ts'
import type { WindowNumbers } from '../../src/model/snapshot.ts'
import type { Simulator } from '../../src/simulator/server/api.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { type Clock, systemClock } from '../../src/time/clock.ts'
import type { BeforeBatch } from '../../src/topic/consumer/start-position.ts'
import { recordingLogger } from '../http/fakes.ts'
import { type ParsedExposition, parseExposition } from '../observability/exposition.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'

const STOP_MS = 10_000

/** A simulated exchange that ends with the test. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = createSimulator(options)
  registerCleanUp(() => simulator.stop())
  await simulator.start()
  return simulator
}

/** The part of an API book that tests use. */
export interface SnapshotAnswer {
  readonly status: number
  readonly state: string
  readonly reason: string | null
  readonly sinceMs: number
  readonly changeId: number
  readonly exchangeTimeMs: number
  readonly ageMs: number | null
  readonly bestBid: { price: number; amount: number } | null
  readonly bestAsk: { price: number; amount: number } | null
  readonly midPrice: number | null
  readonly weightedMidPrice: number | null
  readonly imbalance: Readonly<Record<string, number | null>>
  readonly bands: Readonly<Record<string, { bid: number | null; ask: number | null }>>
  readonly windows: Readonly<Record<string, WindowNumbers>>
  readonly bids: readonly [number, number][]
  readonly asks: readonly [number, number][]
  readonly source: { topic: string; partition: number; offset: string }
}

/** Client of a running service. */
export function readerOf(url: string) {
  const get = (path: string, accept = '*/*') => fetch(`${url}${path}`, { headers: { accept } })
  return {
    url,
    get,
    async status(path: string): Promise<number> {
      const response = await get(path)
      await response.arrayBuffer()
      return response.status
    },
    async metrics(accept = 'text/plain'): Promise<ParsedExposition> {
      return parseExposition(await (await get('/metrics', accept)).text())
    },
    /** The value of a series; undefined if absent. */
    async value(series: string): Promise<number | undefined> {
      return (await this.metrics()).series.get(series)
    },
    /** Number of live books. */
    async liveCount(): Promise<number> {
      return (await this.value('orderbook_instruments{state=live}')) ?? 0
    },
    async snapshot(instrument: string, query = ''): Promise<SnapshotAnswer> {
      const response = await get(`/api/v1/snapshots/${instrument}${query}`)
      return { ...((await response.json()) as SnapshotAnswer), status: response.status }
    },
    /** State and reason in one string. */
    async state(instrument: string): Promise<string> {
      const { instruments } = (await (await get('/api/v1/instruments')).json()) as {
        instruments: { instrument: string; state: string; reason: string | null }[]
      }
      const found = instruments.find((entry) => entry.instrument === instrument)
      if (found === undefined) return 'absent'
      return found.reason === null ? found.state : `${found.state}:${found.reason}`
    },
    /** Names and details of the failing readiness checks; empty when ready. */
    async failing(): Promise<Readonly<Record<string, string | null>>> {
      const response = await get('/readyz')
      const { checks } = (await response.json()) as {
        checks: Readonly<Record<string, { status: string; detail: string | null }>>
      }
      return Object.fromEntries(
        Object.entries(checks)
          .filter(([, { status }]) => status !== 'pass')
          .map(([name, { detail }]) => [name, detail]),
      )
    },
  }
}

export type Reader = ReturnType<typeof readerOf>

/** Options of the topic check after a test. */
export interface TopicCheck {
  /** Broker address for the other client; default: that of the service. */
  foreignBrokers?: string
  /** Why the topic cannot have all records, such as a deleted topic or broker. */
  topicIsGone?: string
}

/**
 * Starts the service in this process with the given settings; stops with the test. Before that, asserts that the
 * topic has the records that the service counted as produced.
 */
export async function startService(
  environment: Readonly<Record<string, string>>,
  {
    foreignBrokers = environment['KAFKA_BROKERS'],
    topicIsGone,
    ...deps
  }: {
    random?: () => number
    beforeBatch?: BeforeBatch
    faults?: FaultSwitches
    clock?: Clock
  } & TopicCheck = {},
) {
  const logger = recordingLogger()
  const fatal: Error[] = []
  const config = readConfig({ HTTP_PORT: '0', ...environment }, { isStrict: true })
  const app = createApp(config, {
    clock: systemClock,
    loggerOf: () => logger,
    version: '0.0.0-test',
    onFatal: (error) => fatal.push(error),
    ...deps,
  })
  let isStopped = false
  const stop = () => {
    isStopped = true
    return app.stop(STOP_MS)
  }
  registerCleanUp(stop)
  const url = await app.start()
  const reader = readerOf(url)
  if (foreignBrokers !== undefined && topicIsGone === undefined) {
    registerCleanUp(() => (isStopped ? undefined : assertTopicHolds(reader, foreignBrokers)))
  }
  return { ...reader, app, stop, logger, fatal }
}
