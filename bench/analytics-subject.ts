import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { noTracing } from '../src/model/telemetry.ts'
import { MetricRegistry } from '../src/observability/metrics/registry.ts'
import { WindowTracker } from '../src/process/books/windows.ts'
import type { Clock } from '../src/time/clock.ts'
import { createProcessing } from './processing.ts'

/** What is computed, and when it is read. */
export interface AnalyticsTask {
  /** `none`: mid-price and imbalance alone. */
  readonly analytics: 'all' | 'none'
  /** Whether all numbers are read after each snapshot, or once a second of the market. */
  readonly read: 'grouped' | 'second' | 'never'
  readonly instruments: number
  /** Default: off. `both`: two services, which get the same frames in turns. */
  readonly signals?: 'off' | 'on' | 'both'
}

export interface AnalyticsAnswer {
  readonly microsecondsPerSnapshot: number
  /** By service, then by frames that all services processed in turns: microseconds. */
  readonly costs: readonly (readonly number[])[]
  readonly heapBytes: number
  /** Of the arrays of the signals. */
  readonly signalBytes: number
}

/** Milliseconds between two snapshots of one instrument. */
const SNAPSHOT_MS = 100
/** Snapshots per frame of trades. */
const TRADES_EVERY = 5
const LEVELS = 10

const task = JSON.parse(process.argv[2] ?? '{}') as AnalyticsTask
const names = Array.from({ length: task.instruments }, (_, number) => `BTC-${number}`)
const logger = { error() {}, warn() {}, info() {}, debug() {} }
let nowMs = 1_790_000_000_000
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  setTimer: () => ({ cancel() {} }),
}

if (task.analytics === 'none') {
  WindowTracker.prototype.apply = () => undefined
  WindowTracker.prototype.read = () => []
}
/** The processing of all books, without a topic. */
function createService(hasSignals: boolean) {
  const { store, processor } = createProcessing(
    {
      namedInstruments: names,
      bandsBps: task.analytics === 'all' ? [5, 10, 25] : [],
      maxInstruments: 10_000,
      ...(hasSignals
        ? {
            signals: {
              mode: 'on',
              axes: {
                depths: [1, 10],
                horizonsMs: [1000, 10_000, 60_000],
                windowMs: 3_600_000,
              },
            },
          }
        : {}),
    },
    { registry: new MetricRegistry({ role: 'all' }), clock, tracing: noTracing, logger },
  )
  processor.onAssigned([
    { topic: 'prices', partition: 0 },
    { topic: 'trades', partition: 0 },
  ])
  let offset = 0
  const hand = (topic: string, key: string, value: Buffer): void => {
    processor.onRecord({
      topic,
      partition: 0,
      offset: String(offset++),
      key,
      value,
      timestampMs: nowMs,
      headers: undefined,
      arrivedTimeMs: nowMs,
      arrivedMonotonicMs: nowMs,
      isReplayed: false,
      isAtEnd: true,
    })
  }
  const play = ({ frames, isSecond }: Round): void => {
    for (const { name, snapshot, trades } of frames) {
      hand('prices', name, snapshot)
      if (trades !== null) hand('trades', name, trades)
      if (task.read === 'grouped') store.summary(name)
    }
    // Bands and windows of all books, as a scrape reads them.
    const isRead = task.read === 'grouped' || (task.read === 'second' && isSecond)
    if (!isRead) return
    for (const { view } of store.readings({ isFull: true })) readNames.add(view.instrument)
  }
  return { store, play }
}

type Round = ReturnType<typeof createRound>
/** Prevents reads from being optimised away. */
const readNames = new Set<string>()
const services = (task.signals === 'both' ? [false, true] : [task.signals === 'on']).map(
  createService,
)

let snapshots = 0
let seed = 1
let best = 61_000

/** Seeded generator, so that both subjects get the same market: [0, 1). */
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

/** The record of one snapshot, created before the measurement. */
function snapshotOf(name: string): Buffer {
  best += random() < 0.2 ? (random() < 0.5 ? -0.5 : 0.5) : 0
  const rows = (sign: number) =>
    JSON.stringify(
      Array.from({ length: LEVELS }, (_, level) => [
        best + sign * (level * 0.5 + 0.5),
        10 * Math.ceil(random() * 5000),
      ]),
    )
  return Buffer.from(
    `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.${name}.none.10.100ms","data":{"timestamp":${Math.floor(nowMs)},"instrument_name":"${name}","change_id":${++snapshots},"bids":${rows(-1)},"asks":${rows(1)}}}}`,
  )
}

function tradesOf(name: string, sequence: number): Buffer {
  return Buffer.from(
    `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.${name}.100ms","data":[{"trade_seq":${sequence},"trade_id":"${sequence}","timestamp":${Math.floor(nowMs)},"tick_direction":0,"price":${best},"mark_price":${best},"index_price":${best},"instrument_name":"${name}","direction":"${random() < 0.5 ? 'buy' : 'sell'}","amount":10.0,"contracts":1.0}]}}`,
  )
}

let sequence = 0

/** Rounds whose frames are created at once, before they are measured. */
const ROUNDS_AT_ONCE = 50

/** The frames of one round of all instruments. */
function createRound() {
  sequence += 1
  const frames = names.map((name) => ({
    name,
    snapshot: snapshotOf(name),
    trades: sequence % TRADES_EVERY === 0 ? tradesOf(name, sequence / TRADES_EVERY) : null,
  }))
  const isSecond = (sequence * SNAPSHOT_MS) % 1000 === 0
  return { frames, isSecond }
}

/** Plays rounds of all instruments. @returns the CPU of processing and reading alone, by service */
function run(rounds: number): number[][] {
  const costs = services.map((): number[] => [])
  for (let left = rounds; left > 0; left -= ROUNDS_AT_ONCE) {
    const startMs = nowMs
    const created = Array.from({ length: Math.min(left, ROUNDS_AT_ONCE) }, () => {
      const round = createRound()
      nowMs += SNAPSHOT_MS
      return round
    })
    // In alternating order: the second service finds the frames in the caches.
    const inOrder = [...services.entries()]
    const isReversed = Math.floor(left / ROUNDS_AT_ONCE) % 2 === 1
    for (const [index, { play }] of isReversed ? inOrder.toReversed() : inOrder) {
      nowMs = startMs
      // Reading the CPU time is slow: once for many rounds.
      const before = process.cpuUsage()
      for (const round of created) {
        play(round)
        nowMs += SNAPSHOT_MS
      }
      const { user, system } = process.cpuUsage(before)
      costs[index]?.push((user + system) / (created.length * names.length))
    }
  }
  return costs
}

process.on('message', (rounds: number) => {
  const costs = run(rounds)
  const [first = []] = costs
  const microsecondsPerSnapshot = first.reduce((sum, cost) => sum + cost, 0) / first.length
  void measureMemory().then((heapBytes) => {
    const signalBytes = services.reduce((sum, { store }) => sum + store.signalBytes, 0)
    const answer: AnalyticsAnswer = { microsecondsPerSnapshot, costs, heapBytes, signalBytes }
    process.send?.(answer)
  })
})

/** Bytes of heap and arrays; released arrays leave the count some ticks after the garbage collection. */
async function measureMemory(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.()
    await sleep(100)
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
