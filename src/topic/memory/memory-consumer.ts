import type { TopicView } from '../../model/pipeline.ts'
import type { Logger } from '../../model/telemetry.ts'
import type {
  ConsumerHealth,
  OutgoingRecord,
  RecordHandler,
  TopicConsumer,
  TopicRecord,
} from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import { Assignment, type OwnedPartition } from '../consumer/assignment.ts'
import { ConsumerLag } from '../consumer/consumer-lag.ts'
import { GuardedHandler } from '../consumer/guarded-handler.ts'
import { ReadingLoad } from '../consumer/reading-load.ts'
import type { BeforeBatch, StartPosition } from '../consumer/start-position.ts'
import type { ConsumerMetrics } from '../metrics.ts'
import { partitionOfKey } from '../partitioner.ts'
import type { MemoryLog, PartitionLog } from './memory-log.ts'

/** Yield to the event loop after this long. */
const SLICE_MS = 5
/** The clock is read once per this many records. */
const RECORDS_PER_CLOCK_READ = 16

export interface MemoryConsumerOptions {
  topic: string
  /** Topic of the trades, read beside the main one; null = none. */
  tradesTopic: string | null
  /** A book record that is read later than this is late, ms; during an overload, newest wins. */
  delayLimitMs: number
  startPosition: StartPosition
  beforeBatch: BeforeBatch
}

export interface MemoryConsumerDeps {
  log: MemoryLog
  metrics: ConsumerMetrics
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
}

/** Records of a log that are not handled, up to the offset `end`. */
interface SupersededOffsets {
  readonly end: number
  readonly offsets: ReadonlySet<number> | null
}

/** Reads all partitions of the in-process topics. */
export class MemoryConsumer implements TopicConsumer {
  readonly assignment: Assignment
  readonly lag: ConsumerLag
  readonly readingLoad: ReadingLoad
  readonly #superseded = new WeakMap<OwnedPartition, SupersededOffsets>()
  readonly #options: MemoryConsumerOptions
  readonly #deps: MemoryConsumerDeps
  #handler: GuardedHandler | null = null
  #unsubscribe: (() => void) | null = null
  #isScheduled = false
  #isHeld = false
  #isStopped = false

  constructor(options: MemoryConsumerOptions, deps: MemoryConsumerDeps) {
    this.#options = options
    this.#deps = deps
    const { topic, tradesTopic } = options
    this.assignment = new Assignment(tradesTopic === null ? [topic] : [topic, tradesTopic])
    for (const each of this.assignment.topics) deps.metrics.skipped.series({ topic: each })
    this.readingLoad = new ReadingLoad(options, { ...deps, assignment: this.assignment })
    this.lag = new ConsumerLag({
      assignment: this.assignment,
      clock: deps.clock,
      readEnds: (topic) => Promise.resolve(this.#endsOf(topic)),
    })
  }

  get hasTrades(): boolean {
    return this.#options.tradesTopic !== null
  }

  topics(): readonly TopicView[] {
    return this.assignment.topics.map((topic) => ({ topic, isRead: true, problem: null }))
  }

  partitionOf(topic: string, key: string): number | undefined {
    if (!this.assignment.topics.includes(topic)) return undefined
    return partitionOfKey(key, this.#deps.log.partitionCount)
  }

  async start(handler: RecordHandler): Promise<void> {
    const { log, metrics, logger } = this.#deps
    this.#handler = new GuardedHandler({ handler, metrics, logger })
    const partitions = Array.from({ length: log.partitionCount }, (_, partition) => partition)
    const { gained } = this.assignment.assign(
      this.assignment.topics.flatMap((topic) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    )
    metrics.rebalances.join.add()
    this.#handler.onPartitionCount(this.#options.topic, log.partitionCount)
    this.#handler.onAssigned(this.assignment.list())
    for (const topic of this.assignment.topics) {
      await this.#position(
        topic,
        gained.filter((state) => state.topic === topic),
      )
    }
    if (this.#isStopped) return
    this.lag.start()
    this.readingLoad.start()
    this.#unsubscribe = log.subscribe(() => {
      this.#pass()
    })
    this.#schedule()
  }

  stop(): Promise<void> {
    this.#isStopped = true
    this.lag.stop()
    this.readingLoad.stop()
    this.#unsubscribe?.()
    this.#unsubscribe = null
    const { lost } = this.assignment.assign([])
    if (lost.length > 0) this.#handler?.onRevoked(lost)
    return Promise.resolve()
  }

  health(): ConsumerHealth {
    const isJoined = this.#unsubscribe !== null
    const problem = isJoined ? null : 'not started'
    return { isJoined, problem, topicProblem: null, partitions: this.assignment.list() }
  }

  async #position(topic: string, states: readonly OwnedPartition[]): Promise<void> {
    const { log, clock } = this.#deps
    const requestedMonotonicMs = clock.monotonicMs()
    const logs = states.map(({ partition }) => ({
      partition,
      log: log.partition(topic, partition),
    }))
    const offsets = (read: (log: PartitionLog) => number) =>
      new Map(logs.map((entry) => [entry.partition, BigInt(entry.log ? read(entry.log) : 0)]))
    const ends = offsets(({ endOffset }) => endOffset)
    const starts = await this.#options.startPosition({
      topic,
      partitions: states.map(({ partition }) => partition),
      ends,
      atTime: (timestampMs) =>
        Promise.resolve(offsets((partitionLog) => partitionLog.offsetAtTime(timestampMs))),
    })
    for (const state of states) {
      state.replayEnd = ends.get(state.partition) ?? 0n
      state.next = starts.get(state.partition) ?? state.replayEnd
      if (state.next >= state.replayEnd) state.readToEndMonotonicMs = requestedMonotonicMs
      const left = state.next - BigInt(log.partition(topic, state.partition)?.startOffset ?? 0)
      if (left > 0n) this.#deps.metrics.skipped.series({ topic }).add(Number(left))
    }
  }

  #endsOf(topic: string): Map<number, bigint> {
    const { log } = this.#deps
    const ends = new Map<number, bigint>()
    for (let partition = 0; partition < log.partitionCount; partition += 1) {
      ends.set(partition, BigInt(log.partition(topic, partition)?.endOffset ?? 0))
    }
    return ends
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pass()
    })
  }

  /** Awaits the hook, if there is one, then delivers. */
  #pass(): void {
    const { beforeBatch } = this.#options
    if (beforeBatch === null) this.#deliver()
    else if (!this.#isHeld) {
      this.#isHeld = true
      void beforeBatch().then(() => {
        this.#isHeld = false
        this.#deliver()
      })
    }
  }

  /** Delivers new records for at most one slice; the rest follows on a later tick. */
  #deliver(): void {
    if (this.#unsubscribe === null) return
    const { clock } = this.#deps
    const arrivedMonotonicMs = clock.monotonicMs()
    const arrival = { arrivedTimeMs: clock.nowMs(), arrivedMonotonicMs }
    const endMs = arrivedMonotonicMs + SLICE_MS
    let isMore = true
    while (isMore && clock.monotonicMs() < endMs) {
      isMore = false
      for (const state of this.assignment.states()) {
        if (this.#deliverSome(state, arrival)) isMore = true
      }
    }
    if (isMore) this.#schedule()
  }

  /** Notes how late reading is; returns the offsets of records that need not be handled. */
  #supersededFrom(
    next: number,
    log: PartitionLog,
    state: OwnedPartition,
    { arrivedTimeMs, arrivedMonotonicMs }: { arrivedTimeMs: number; arrivedMonotonicMs: number },
  ): ReadonlySet<number> | null {
    const { topic } = state
    const { endOffset } = log
    if (next < state.replayEnd || next === endOffset) return null
    const ageMs = Math.max(0, arrivedTimeMs - (log.at(next)?.timestampMs ?? arrivedTimeMs))
    const reachesEnd = endOffset - next <= RECORDS_PER_CLOCK_READ
    state.delay = { ms: reachesEnd ? 0 : ageMs, readMonotonicMs: arrivedMonotonicMs }
    const known = this.#superseded.get(state)
    if (known !== undefined && next < known.end) return known.offsets
    const offsets = this.readingLoad.superseded(topic, ageMs, {
      from: next,
      end: endOffset,
      channelAt: (offset) => {
        const record = log.at(offset)
        if (record === undefined || record.headers !== undefined) return null
        return this.#handler?.supersedableChannel(record) ?? null
      },
    })
    if (offsets === null) this.#superseded.delete(state)
    else this.#superseded.set(state, { end: endOffset, offsets })
    return offsets
  }

  /** Delivers records of one partition; true if it has more. */
  #deliverSome(
    state: OwnedPartition,
    arrival: { arrivedTimeMs: number; arrivedMonotonicMs: number },
  ): boolean {
    const { topic, partition } = state
    const log = this.#deps.log.partition(topic, partition)
    if (log === undefined || state.next === null) return false
    let next = Number(state.next)
    if (next < log.startOffset) {
      // Retention overtook the consumer: these records are lost.
      this.#deps.metrics.skipped.series({ topic }).add(log.startOffset - next)
      next = log.startOffset
    }
    const end = Math.min(log.endOffset, next + RECORDS_PER_CLOCK_READ)
    const superseded = this.#supersededFrom(next, log, state, arrival)
    for (; next < end; next += 1) {
      const record = log.at(next)
      if (record === undefined || this.#isStopped) break
      if (superseded?.has(next) === true) {
        this.#handler?.onSuperseded({ topic, partition, key: record.key, value: record.value })
        continue
      }
      const isReplayed = next < state.replayEnd
      const isAtEnd = next + 1 === log.endOffset
      state.lastTimestampMs = record.timestampMs
      this.#handler?.onRecord(
        toTopicRecord(record, { partition, offset: next, isReplayed, isAtEnd, ...arrival }),
      )
    }
    state.next = BigInt(next)
    return next < log.endOffset
  }
}

function toTopicRecord(
  record: OutgoingRecord,
  place: Omit<TopicRecord, keyof OutgoingRecord | 'offset'> & { readonly offset: number },
): TopicRecord {
  const { topic, key, value, timestampMs, headers, receivedMonotonicMs } = record
  const offset = String(place.offset)
  return { ...place, topic, offset, key, value, timestampMs, headers, receivedMonotonicMs }
}
