import type { Logger } from '../../model/telemetry.ts'
import type { OutgoingRecord } from '../../model/topic.ts'
import type { Clock } from '../../time/clock.ts'
import type { DropReason, ProducerMetrics } from '../metrics.ts'
import { partitionOfKey } from '../partitioner.ts'
import { DeliveryCounts } from './delivery-counts.ts'
import { PartitionSender } from './partition-sender.ts'
import { recordBytes, RecordQueue } from './record-queue.ts'
import type { Refusal, SendError, TopicTransport } from './transport.ts'

/**
 * What goes when the queue is full: `conflate` = whatever a later record of its channel makes
 * superfluous (grouped snapshots); `cut` = the whole sequence of the channel that has waited longest, which
 * restarts with a whole record (changes); `refuse` = the new record.
 */
export type Overflow = 'conflate' | 'cut' | 'refuse'

export interface TopicQueueOptions {
  name: string
  overflow: Overflow
  lingerMs: number
  batchMaxRecords: number
  /** Most that all partitions together may have in flight, so that a stuck send leaves room. */
  inFlightMaxBytes: number
}

/** Above it the memory of keys restarts. */
const MAX_KNOWN_KEYS = 20_000
/** A batch ends at this size: below the 1 MiB that a broker usually takes. */
const BATCH_MAX_BYTES = 900_000

export interface TopicQueueDeps {
  transport: TopicTransport
  metrics: ProducerMetrics
  clock: Clock
  logger: Logger
  defer: (callback: () => void) => void
  onReleased: (bytes: number) => void
  onOutcome: (error: SendError | null) => void
  /** Keys have moved to other partitions; `hasMoved` says which. */
  onMoved: (hasMoved: (key: string) => boolean) => void
}

/** The queues of one topic. Until its partitions are known, everything waits in one queue. */
export class TopicQueue {
  readonly counts: DeliveryCounts
  readonly #options: TopicQueueOptions
  readonly #deps: TopicQueueDeps
  readonly #unassigned = new RecordQueue()
  #senders: readonly PartitionSender[] = []
  /** The partition senders of the keys seen: instruments are few, and hashing a name costs as much as all else. */
  readonly #sendersByKey = new Map<string, PartitionSender>()
  /** Channels whose sequence is broken here: nothing of them but a whole record goes on. */
  readonly #cutChannels = new Set<string>()
  /** The partition count that the queues are to be made for; null where they are. */
  #pendingCount: number | null = null
  #isDraining = false
  #isPaused = false

  constructor(options: TopicQueueOptions, deps: TopicQueueDeps) {
    this.#options = options
    this.#deps = deps
    this.counts = new DeliveryCounts(options.name, deps.metrics.ofTopic(options.name))
  }

  get isOpen(): boolean {
    return this.#senders.length > 0
  }

  get isInFlight(): boolean {
    return this.#senders.some((sender) => sender.isInFlight)
  }

  get isFailing(): boolean {
    return this.#senders.some((sender) => sender.isFailing)
  }

  /**
   * The topic can be written to, or has another number of partitions: what waits goes to its
   * partitions, in the order of each key. A send in flight ends first, so that nothing of it is in two
   * partitions; it has its deadline.
   */
  open(partitionCount: number): void {
    if (this.#pendingCount === null && this.#senders.length === partitionCount) return
    this.#pendingCount = partitionCount
    for (const sender of this.#senders) sender.pause()
    this.#moveWhenIdle()
  }

  #moveWhenIdle(): void {
    const count = this.#pendingCount
    if (count === null || this.isInFlight || this.#isPaused) return
    this.#pendingCount = null
    const countBefore = this.#senders.length
    const waiting = [
      ...this.#unassigned.drain(),
      ...this.#senders.flatMap((sender) => sender.close()),
    ]
    this.#sendersByKey.clear()
    const { inFlightMaxBytes } = this.#options
    const batchMaxBytes = Math.min(BATCH_MAX_BYTES, Math.floor(inFlightMaxBytes / count))
    this.#senders = Array.from({ length: count }, (_, partition) =>
      this.#createSender(partition, batchMaxBytes),
    )
    for (const record of waiting) {
      this.#senderOf(record)?.push(record, recordBytes(record))
    }
    if (this.#isDraining) this.drain()
    if (countBefore === 0 || countBefore === count) return
    this.#deps.onMoved((key) => partitionOfKey(key, countBefore) !== partitionOfKey(key, count))
  }

  /** The channels that wait for a whole record to restart with. */
  get cutChannels(): ReadonlySet<string> {
    return this.#cutChannels
  }

  /** Forgets that a channel was cut: nothing of it comes any more. */
  forgetChannel(channel: string): void {
    this.#cutChannels.delete(channel)
  }

  /** False for a record that continues a sequence which was cut here. */
  continues({ channel, isWhole }: OutgoingRecord): boolean {
    return isWhole || this.#cutChannels.size === 0 || !this.#cutChannels.has(channel)
  }

  push(record: OutgoingRecord, bytes: number): void {
    this.counts.bytes += bytes
    if (record.isWhole && this.#cutChannels.size > 0) this.#cutChannels.delete(record.channel)
    if (record.kind === 'frame') this.counts.queuedFrames += 1
    const sender = this.#senderOf(record)
    if (sender === undefined) this.#unassigned.push(record, bytes)
    else sender.push(record, bytes)
  }

  drain(): void {
    this.#isDraining = true
    for (const sender of this.#senders) sender.drain()
  }

  /** Begins no send any more. */
  pause(): void {
    this.#isPaused = true
    for (const sender of this.#senders) sender.pause()
  }

  /** Gives up everything that is left. */
  close(): void {
    for (const record of [
      ...this.#senders.flatMap((sender) => sender.close()),
      ...this.#unassigned.drain(),
    ]) {
      if (record.kind === 'frame') this.counts.queuedFrames -= 1
      this.counts.dropped(record, 'shutdown')
    }
    this.counts.bytes = 0
  }

  /** Gives up one superfluous record, and says how many bytes that freed; 0 where there is none. */
  conflateOne(): number {
    if (this.#options.overflow !== 'conflate') return 0
    for (const queue of this.#queues()) {
      const record = queue.removeSuperseded()
      if (record !== undefined) return this.#gaveUp(record, 'conflated')
    }
    return 0
  }

  /** Gives up the sequence that has waited longest in the fullest queue; how many bytes that freed. */
  cutOne(): number {
    if (this.#options.overflow !== 'cut') return 0
    const fullest = this.#queues().reduce((a, b) => (b.waitingBytes > a.waitingBytes ? b : a))
    return this.#cut(fullest.removeChannel())
  }

  /** A record for which there is no room. Gives the bytes that went with it. */
  refuse(record: OutgoingRecord): number {
    this.counts.dropped(record, 'queue_full')
    return record.kind === 'frame' ? this.#breakSequence(record) : 0
  }

  /** What waits of a sequence that lost a link is of no use to a reader: it goes too. */
  #breakSequence(record: OutgoingRecord): number {
    if (this.#options.overflow !== 'cut') return 0
    this.#cutChannels.add(record.channel)
    const queue = this.#senderOf(record)?.queue ?? this.#unassigned
    return this.#cut(queue.removeChannel(record.channel))
  }

  #refused(record: OutgoingRecord, partition: number, refusal: Refusal, error: SendError): void {
    const { key, channel, kind, timestampMs } = record
    this.#deps.logger.warn(
      {
        topic: this.#options.name,
        partition,
        key,
        channel,
        kind,
        timestampMs,
        bytes: recordBytes(record),
        reason: refusal,
        err: error,
      },
      'record refused by the broker, dropped',
    )
    this.counts.dropped(record, refusal)
    // A whole checkpoint may have been what the sequence was to restart with.
    const isLink = record.kind === 'frame' || record.isWhole
    if (isLink) this.#deps.onReleased(this.#breakSequence(record))
  }

  /** Gives up the newest waiting record of the channel and kind of `record`, if that frees enough. */
  replaceNewest(record: OutgoingRecord, neededBytes: number): number {
    if (this.#options.overflow !== 'conflate') return 0
    const queue = this.#senderOf(record)?.queue ?? this.#unassigned
    const old = queue.removeNewest(record, neededBytes)
    return old === undefined ? 0 : this.#gaveUp(old, 'conflated')
  }

  #cut(records: readonly OutgoingRecord[]): number {
    let bytes = 0
    for (const record of records) {
      this.#cutChannels.add(record.channel)
      bytes += this.#gaveUp(record, 'sequence_cut')
    }
    return bytes
  }

  #gaveUp(record: OutgoingRecord, reason: DropReason): number {
    const bytes = recordBytes(record)
    this.counts.bytes -= bytes
    if (record.kind === 'frame') this.counts.queuedFrames -= 1
    this.counts.dropped(record, reason)
    return bytes
  }

  #queues(): RecordQueue[] {
    return this.isOpen ? this.#senders.map(({ queue }) => queue) : [this.#unassigned]
  }

  #senderOf({ key }: OutgoingRecord): PartitionSender | undefined {
    const known = this.#sendersByKey.get(key)
    if (known !== undefined) return known
    const count = this.#senders.length
    const sender = count === 0 ? undefined : this.#senders[partitionOfKey(key, count)]
    if (this.#sendersByKey.size >= MAX_KNOWN_KEYS) this.#sendersByKey.clear()
    if (sender !== undefined) this.#sendersByKey.set(key, sender)
    return sender
  }

  #createSender(partition: number, batchMaxBytes: number): PartitionSender {
    const { name, lingerMs, batchMaxRecords } = this.#options
    return new PartitionSender(
      { topic: name, partition, lingerMs, batchMaxRecords, batchMaxBytes },
      {
        ...this.#deps,
        counts: this.counts,
        onReleased: (bytes) => {
          this.counts.bytes -= bytes
          this.#deps.onReleased(bytes)
        },
        onRefused: (record, refusal, error) => {
          this.#refused(record, partition, refusal, error)
        },
        onOutcome: (error) => {
          this.#deps.onOutcome(error)
          this.#moveWhenIdle()
        },
      },
    )
  }
}
