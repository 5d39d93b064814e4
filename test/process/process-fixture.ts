import { MessageParser } from '../../src/deribit/protocol/parse-message.ts'
import type { DiscardReason } from '../../src/model/signals.ts'
import { type Logger, noTracing, type Tracing } from '../../src/model/telemetry.ts'
import type { RecordHeaders, TopicRecord } from '../../src/model/topic.ts'
import * as catalogue from '../../src/observability/catalogue/catalogue.ts'
import type { InvalidRecordReason } from '../../src/model/pipeline.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import type { BookObserver } from '../../src/process/books/book-observer.ts'
import { BookStore, type SignalOptions } from '../../src/process/books/book-store.ts'
import { createProcessMetrics } from '../../src/process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../../src/process/record-processor.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { BTC } from '../support/frames.ts'

export const STALE_AFTER_MS = 5000
const PRODUCER_SILENT_AFTER_MS = 60_000
const PARTITION = 0

export interface ProcessFixtureOptions {
  named?: readonly string[]
  maxInstruments?: number
  imbalanceDepths?: readonly number[]
  tracing?: Tracing
  clock?: FakeClock
  /** A logger of the test; default: `logger`, which keeps the lines. */
  logger?: Logger
  bandsBps?: readonly number[]
  windowsMs?: readonly number[]
  /** Default: no signals. */
  signals?: SignalOptions
  /** Instruments that the producer of this process subscribes to. */
  wanted?: readonly string[]
  /** Is notified of states, removals and publications. */
  observer?: BookObserver & { notePublished(instrument: string): void }
  /** Partition of a name; all in partition 0 without it. */
  partitionOf?: (instrument: string) => number | undefined
}

export interface GivenRecord {
  topic?: string
  partition?: number
  key?: string | null
  headers?: RecordHeaders
  /** Age of the record at its arrival, ms: its timestamp is this much before now. */
  ageMs?: number
  /** Its timestamp itself. */
  timestampMs?: number
  /** Of a producer in the same process. */
  receivedMonotonicMs?: number
  isReplayed?: boolean
  isAtEnd?: boolean
}

/** Complete processing, with the real parser and metrics, on a manual clock. */
export function processFixture(options: ProcessFixtureOptions = {}) {
  const { observer } = options
  const clock = options.clock ?? new FakeClock()
  const registry = new MetricRegistry({ role: 'all' })
  const metrics = createProcessMetrics(registry)
  const recording = recordingLogger()
  const elsewhere = { isWritten: false }
  const assigned = { areReadToEnd: false }
  const logger = options.logger ?? recording
  const store = new BookStore(
    {
      namedInstruments: options.named ?? [],
      staleAfterMs: STALE_AFTER_MS,
      producerSilentAfterMs: PRODUCER_SILENT_AFTER_MS,
      maxRecordAgeMs: 5000,
      imbalanceDepths: options.imbalanceDepths ?? [1, 5, 10],
      bandsBps: options.bandsBps ?? [5, 10, 25],
      windowsMs: options.windowsMs ?? [1000, 10_000, 60_000],
      maxInstruments: options.maxInstruments ?? 3000,
      ...(options.signals === undefined ? {} : { signals: options.signals }),
    },
    {
      clock,
      counters: metrics,
      partitionOf: options.partitionOf ?? (() => PARTITION),
      amountUnitOf: () => null,
      isWanted: (instrument) => options.wanted?.includes(instrument) ?? false,
      isReadToEnd: () => assigned.areReadToEnd,
      isWrittenInOtherPartitions: () => elsewhere.isWritten,
      ...(observer === undefined ? {} : { observer }),
    },
  )
  const rejectedRecords = new RejectedRecords()
  const parser = new MessageParser()
  const processor = new RecordProcessor(
    { booksTopic: 'prices', tradesTopic: 'trades' },
    {
      store,
      rejectedRecords,
      parse: parser.parseRecord,
      groupedChannelOf: parser.groupedChannelOf,
      metrics,
      tracing: options.tracing ?? noTracing,
      logger,
      ...(observer === undefined
        ? {}
        : { onPublished: (instrument) => observer.notePublished(instrument) }),
    },
  )
  let offset = 0

  /** Passes one record to processing as the topic would. */
  const send = (value: string | Buffer | null, given: GivenRecord = {}): void => {
    const record: TopicRecord = {
      topic: given.topic ?? 'prices',
      partition: given.partition ?? PARTITION,
      offset: String(offset++),
      key: given.key === undefined ? BTC : given.key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      timestampMs: given.timestampMs ?? clock.nowMs() - (given.ageMs ?? 0),
      headers: given.headers,
      arrivedTimeMs: clock.nowMs(),
      arrivedMonotonicMs: clock.monotonicMs(),
      ...(given.receivedMonotonicMs === undefined
        ? {}
        : { receivedMonotonicMs: given.receivedMonotonicMs }),
      isReplayed: given.isReplayed ?? false,
      isAtEnd: given.isAtEnd ?? true,
    }
    processor.onRecord(record)
  }

  return {
    clock,
    registry,
    store,
    processor,
    rejectedRecords,
    metrics,
    logger: recording,
    send,
    /** Passes the last record of a producer that stops. */
    sendLast: (value: string, given: GivenRecord = {}): void => {
      const headers = checkpointHeaders(clock.nowMs(), { 'producer-stopped': 'true' })
      send(value, { ...given, headers })
    },
    /** Whether records come in partitions of other members. */
    elsewhere,
    /** Whether the assigned partitions were read to their end. */
    assigned,
    own: (...partitions: number[]) =>
      processor.onAssigned(partitions.map((partition) => ({ topic: 'prices', partition }))),
    lose: (...partitions: number[]) =>
      processor.onRevoked(partitions.map((partition) => ({ topic: 'prices', partition }))),
    /** Current state and reason of an instrument, as `state:reason`. */
    state: (instrument: string = BTC): string | undefined => {
      const view = store.instrument(instrument)
      return view && (view.reason === null ? view.state : `${view.state}:${view.reason}`)
    },
    /** The current value; undefined if there is none. */
    midPrice: (instrument: string = BTC): number | null | undefined => {
      for (const { view, numbers } of store.readings()) {
        if (view.instrument === instrument) return numbers?.midPrice
      }
      return undefined
    },
    discardedSamples: (reason: DiscardReason) =>
      registry.counter(catalogue.signalDiscarded).series({ reason }).value,
    rejected: (reason: Parameters<typeof metrics.rejected>[0]) =>
      registry.counter(catalogue.rejectedUpdates).series({ reason }).value,
    sequenceBreaks: (reason: Parameters<typeof metrics.sequenceBroken>[0]) =>
      registry.counter(catalogue.sequenceBreaks).series({ reason }).value,
    invalid: (reason: InvalidRecordReason, topic = 'prices') =>
      metrics.invalid.series({ topic, reason }).value,
    consumed: (topic = 'prices') => metrics.consumed.series({ topic }).value,
  }
}

/** Headers of a checkpoint that was verified at `verifiedAtMs`, epoch ms. */
export function checkpointHeaders(
  verifiedAtMs: number,
  more: Readonly<Record<string, string>> = {},
): RecordHeaders {
  return {
    kind: 'checkpoint',
    'verified-at-ms': String(verifiedAtMs),
    'producer-id': 'producer-a',
    ...more,
  }
}
