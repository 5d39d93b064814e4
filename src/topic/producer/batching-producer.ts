import type { Logger } from '../../model/telemetry.ts'
import type {
  NumbersProducer,
  OnKeysMoved,
  OutgoingRecord,
  ProducerHealth,
  TopicProducer,
} from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import type { ProducerMetrics } from '../metrics.ts'
import type { DeliveryCounts, TopicCounts } from './delivery-counts.ts'
import { inOwnMemory, recordBytes } from './queue/record-queue.ts'
import { OverloadMonitor } from '../overload-monitor.ts'
import { freeSpace } from './overflow-policy.ts'
import type { ProducedTopic } from './produced-topic.ts'
import { TopicQueue } from './topic-queue.ts'
import type { TopicTransport } from './transport.ts'

export interface BatchingProducerOptions {
  topics: readonly ProducedTopic[]
  /**
   * How long after the last send a record waits for others while the process is idle; 0 to 1000.
   */
  lingerMs: number
  /** 1 to 10,000. */
  batchMaxRecords: number
  /** Limit of everything queued or in flight, over all topics, bytes. */
  queueMaxBytes: number
  /** A record that waits longer is late; during an overload, newest wins. */
  delayLimitMs: number
}

export interface BatchingProducerDeps {
  /** Called once for each topic. */
  createTransport: (topic: ProducedTopic) => TopicTransport
  metrics: ProducerMetrics
  clock: Clock
  logger: Logger
  /** Runs a callback at the end of the current tick of the event loop. Default: as a microtask. */
  defer?: (callback: () => void) => void
  /** Share of time that the event loop is busy, 0 to 1. Default: 0. */
  load?: () => number
  /**
   * How late the consumer of this process handles records, ms; null if there is none, or unknown.
   * It counts because both share the event loop. Default: null.
   */
  consumerDelayMs?: () => number | null
}

/**
 * Between these loads of the event loop the linger grows to `LINGER_MAX_GROWTH` times its value.
 */
const LINGER_GROWS_FROM_LOAD = 0.5
const LINGER_GROWS_TO_LOAD = 0.9
const LINGER_MAX_GROWTH = 4

/**
 * Above this many queued bytes, each record is copied into memory of its own: it may wait long, and
 * would keep the memory block that it shares with other records. Below it blocks are soon freed.
 */
const SHARED_MEMORY_MAX_BYTES = 4_194_304

/** Whether records of a topic are delivered. */
export interface WritingStatus {
  readonly isOptional: boolean
  /** Why records are not delivered; null when there is no problem. */
  readonly problem: string | null
}

/**
 * Writes records in batches: one queue and one send in flight per partition, retried until
 * acknowledged. Bounded in bytes; when full, the overflow policy of the topic decides what is
 * dropped.
 */
export class BatchingProducer implements TopicProducer, NumbersProducer {
  readonly #options: BatchingProducerOptions
  readonly #deps: BatchingProducerDeps
  readonly #topics = new Map<string, TopicQueue>()
  readonly #transports = new Map<string, TopicTransport>()
  readonly #idleWaiters = new Set<() => void>()
  readonly #moveListeners = new Set<OnKeysMoved>()
  readonly #monitor: OverloadMonitor
  #bytes = 0
  #isFlushing = false
  #isStopped = false
  #stopping: Promise<void> | null = null

  constructor(options: BatchingProducerOptions, deps: BatchingProducerDeps) {
    this.#options = options
    this.#deps = deps
    for (const topic of options.topics) this.#addTopic(topic)
    const { clock, logger, load = () => 0 } = deps
    const { delayLimitMs, topics } = options
    this.#monitor = new OverloadMonitor(
      {
        role: 'producer',
        delayLimitMs,
        isProbed: topics.some(({ overflow }) => overflow === 'cut'),
      },
      {
        clock,
        logger,
        load,
        delayMs: () => this.#delayMs(),
        isProgressing: () => {
          const nowMs = clock.monotonicMs()
          return [...this.#topics.values()].some((topic) => topic.isProgressing(nowMs))
        },
        onPoll: (isOverloaded) => {
          this.#shed(isOverloaded)
        },
      },
    )
  }

  /** Whether records come faster than this process can handle them, so that newest wins. */
  get isOverloaded(): boolean {
    return this.#monitor.isOverloaded
  }

  async start(): Promise<void> {
    if (!this.#isStopped) this.#monitor.start()
    const openings = [...this.#transports].map(([topic, transport]) =>
      transport.open((partitionCount) => {
        if (!this.#isStopped) this.#topics.get(topic)?.open(partitionCount)
      }),
    )
    await Promise.all(openings)
  }

  send(record: OutgoingRecord): void {
    const topic = this.#topics.get(record.topic)
    if (topic === undefined) {
      this.#deps.logger.error({ topic: record.topic }, 'record for an unknown topic dropped')
      return
    }
    if (this.#isStopped) {
      topic.counts.dropped(record, 'shutdown')
      return
    }
    const bytes = recordBytes(record)
    if (this.isOverloaded) topic.limitSequence(record, this.#deps.clock.monotonicMs())
    const hasSpace =
      this.#bytes + bytes <= this.#options.queueMaxBytes && topic.excessOf(bytes) <= 0
    if (!hasSpace && !this.#freeSpace(topic, record, bytes)) {
      this.#released(topic.refuse(record))
    } else if (topic.continues(record)) {
      this.#bytes += bytes
      const needsOwnMemory = this.#bytes > SHARED_MEMORY_MAX_BYTES
      const replaced = topic.push(needsOwnMemory ? inOwnMemory(record) : record, bytes)
      if (replaced > 0) this.#released(replaced)
    } else topic.counts.dropped(record, 'sequence_cut')
  }

  /**
   * Channels of a topic whose sequence was cut and that may restart with a full record. Empty while
   * the topic uses more than half of what other topics leave of the queue, so that a long outage
   * does not fill it with snapshots.
   */
  *channelsToRestart(name: string): Iterable<string> {
    const topic = this.#topics.get(name)
    if (topic === undefined) return
    for (const channel of [...topic.cutChannels]) {
      const { bytes } = topic.counts
      const ofOthers = this.#bytes - bytes
      if (bytes > (this.#options.queueMaxBytes - ofOthers) / 2) return
      yield channel
    }
  }

  noteSuperseded(name: string): void {
    this.#topics.get(name)?.counts.series.dropped.conflated.add()
    this.#monitor.noteDropped()
  }

  forgetChannel(name: string, channel: string): void {
    this.#released(this.#topics.get(name)?.forgetChannel(channel) ?? 0)
  }

  retract(name: string, channel: string): void {
    this.#released(this.#topics.get(name)?.retract(channel) ?? 0)
  }

  whenKeysMove(onKeysMoved: OnKeysMoved): void {
    this.#moveListeners.add(onKeysMoved)
  }

  async flush(timeoutMs: number): Promise<number> {
    for (const topic of this.#topics.values()) topic.drain()
    await this.#until(() => this.#bytes === 0, timeoutMs)
    return this.#unsentFrames()
  }

  /** Waits for the sends in flight only: call `flush` first for queued records. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs)
    return this.#stopping
  }

  /** Health of the topics that are not optional. */
  health(): ProducerHealth {
    const required = [...this.#topics.values()].filter(({ isOptional }) => !isOptional)
    const isConnected = required.every((topic) => topic.isOpen)
    const isFailing = required.some((topic) => topic.isOpen && topic.problem !== null)
    const isEmpty = required.every(({ counts }) => counts.bytes === 0)
    const problems = required.map(({ problem }) => problem)
    return {
      isConnected,
      isDelivering: !isFailing && (isConnected || isEmpty),
      problem: problems.find((problem) => problem !== null) ?? null,
    }
  }

  deliveryCounts(): readonly DeliveryCounts[] {
    return [...this.#topics.values()].map(({ counts }) => counts)
  }

  /** Terms of the delivery balance, and why nothing is delivered, per topic. */
  counts(): readonly (TopicCounts & WritingStatus)[] {
    return [...this.#topics.values()].map(({ counts, isOptional, problem }) => ({
      ...counts.counts(),
      isOptional,
      problem,
    }))
  }

  #addTopic(produced: ProducedTopic): void {
    const { name, isOptional = false } = produced
    const { batchMaxRecords, queueMaxBytes, topics } = this.#options
    const maxBytes = isOptional ? queueMaxBytes / 2 : queueMaxBytes
    // In-flight records cannot be dropped, so at most half of the capacity may be in flight.
    const inFlightMaxBytes = queueMaxBytes / 2 / topics.length
    const transport = this.#deps.createTransport(produced)
    this.#transports.set(name, transport)
    const topic = new TopicQueue(
      { ...produced, batchMaxRecords, maxBytes, inFlightMaxBytes },
      {
        ...this.#deps,
        transport,
        lingerMs: () => this.#lingerMs(),
        defer: this.#deps.defer ?? queueMicrotask,
        onFlush: () => {
          this.#joinFlush()
        },
        onReleased: (bytes) => {
          this.#released(bytes)
        },
        onOutcome: () => {
          for (const checkIdle of this.#idleWaiters) checkIdle()
        },
        onShed: () => {
          this.#monitor.noteDropped()
        },
        onMoved: (hasMoved) => {
          for (const listener of this.#moveListeners) listener(name, hasMoved)
        },
      },
    )
    this.#topics.set(name, topic)
  }

  /**
   * Fewer and larger batches while the process is busy, which is when the cost of a batch matters;
   * the added delay is below that of a busy event loop.
   */
  #lingerMs(): number {
    const load = this.#deps.load?.() ?? 0
    const span = LINGER_GROWS_TO_LOAD - LINGER_GROWS_FROM_LOAD
    const share = Math.min(1, Math.max(0, (load - LINGER_GROWS_FROM_LOAD) / span))
    return this.#options.lingerMs * (1 + (LINGER_MAX_GROWTH - 1) * share)
  }

  /**
   * Largest delay of records that are sent or consumed now, ms; null while no topic has a known
   * one.
   */
  #delayMs(): number | null {
    const nowMs = this.#deps.clock.monotonicMs()
    let delayMs: number | null = null
    for (const topic of this.#topics.values()) {
      const ofTopic = topic.delayMs(nowMs)
      if (ofTopic !== null) delayMs = Math.max(delayMs ?? 0, ofTopic)
    }
    return delayMs === null ? null : Math.max(delayMs, this.#deps.consumerDelayMs?.() ?? 0)
  }

  #shed(isOverloaded: boolean): void {
    const nowMs = this.#deps.clock.monotonicMs()
    for (const topic of this.#topics.values()) {
      const freed = topic.shed(isOverloaded, this.#options.delayLimitMs, nowMs)
      if (freed > 0) this.#released(freed)
    }
  }

  /** Makes all partitions flush together, as they share a request. */
  #joinFlush(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    for (const topic of this.#topics.values()) topic.join()
    this.#isFlushing = false
  }

  #freeSpace(topic: TopicQueue, record: OutgoingRecord, bytes: number): boolean {
    const excess = () => this.#bytes + bytes - this.#options.queueMaxBytes
    if (excess() <= 0 && topic.excessOf(bytes) <= 0) return true
    return freeSpace({
      topic,
      topics: this.#topics.values(),
      record,
      bytes,
      excess,
      onFreed: (freed) => {
        this.#released(freed)
      },
    })
  }

  #released(bytes: number): void {
    this.#bytes -= bytes
    for (const checkIdle of this.#idleWaiters) checkIdle()
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true
    this.#monitor.stop()
    const { clock, logger } = this.#deps
    const endMs = clock.monotonicMs() + timeoutMs
    const topics = [...this.#topics.values()]
    for (const topic of topics) topic.pause()
    await this.#until(() => topics.every((topic) => !topic.isInFlight), timeoutMs)
    const frameCount = this.#unsentFrames()
    for (const topic of topics) topic.close()
    this.#bytes = 0
    if (frameCount > 0) logger.warn({ frameCount }, 'frames were not sent before shutdown')
    const closeMs = Math.max(0, endMs - clock.monotonicMs())
    const transports = [...this.#transports.values()]
    await Promise.all(transports.map((transport) => transport.close(closeMs)))
  }

  /** Resolves when `isDone`, checked whenever records leave, or at the deadline. */
  async #until(isDone: () => boolean, timeoutMs: number): Promise<void> {
    if (isDone()) return
    await new Promise<void>((resolve) => {
      const finish = () => {
        timer.cancel()
        this.#idleWaiters.delete(checkIdle)
        resolve()
      }
      const checkIdle = () => {
        if (isDone()) finish()
      }
      const timer = this.#deps.clock.setTimer(finish, timeoutMs)
      this.#idleWaiters.add(checkIdle)
    })
  }

  #unsentFrames(): number {
    return this.deliveryCounts().reduce(
      (sum, counts) => sum + counts.queuedFrames + counts.inFlightFrames,
      0,
    )
  }
}
