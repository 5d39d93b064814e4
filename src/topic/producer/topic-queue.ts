import type { OutgoingRecord } from '../../model/topic.ts'
import type { DropReason } from '../metrics.ts'
import { partitionOfKey } from '../partitioner.ts'
import { DeliveryCounts, isCounted } from './delivery-counts.ts'
import { LatestQueue } from './queue/latest-queue.ts'
import { Shedding } from './overflow-policy.ts'
import { PartitionSender } from './partition-sender.ts'
import { recordBytes, RecordQueue } from './queue/record-queue.ts'
import type { SendQueue } from './queue/send-queue.ts'
import { SendOutcomes } from './send-outcomes.ts'
import type { TopicQueueDeps, TopicQueueOptions } from './produced-topic.ts'
import type { Refusal, SendError } from './transport.ts'

/** The cache of keys is cleared above this size. */
const MAX_KNOWN_KEYS = 20_000
/** A batch ends at this size: below the 1 MiB that brokers accept by default. */
const BATCH_MAX_BYTES = 900_000

/** The queues of one topic. Until its partitions are known, all records wait in one queue. */
export class TopicQueue {
  readonly counts: DeliveryCounts
  readonly #options: TopicQueueOptions
  readonly #deps: TopicQueueDeps
  readonly #unassigned: SendQueue
  #senders: readonly PartitionSender[] = []
  /**
   * Partition senders by key. A cache: hashing the key would cost as much as the rest of queueing a
   * record.
   */
  readonly #sendersByKey = new Map<string, PartitionSender>()
  /** Channels whose sequence was cut here: only a full record is accepted. */
  readonly #cutChannels = new Set<string>()
  /** Partition count that the queues are to be rebuilt for; null if they are up to date. */
  #pendingCount: number | null = null
  readonly #shedding = new Shedding()
  #isDraining = false
  #isPaused = false
  readonly #outcomes: SendOutcomes

  constructor(options: TopicQueueOptions, deps: TopicQueueDeps) {
    this.#options = options
    this.#deps = deps
    this.#unassigned = this.#createQueue()
    this.#outcomes = new SendOutcomes({ topic: options.name }, deps)
    this.counts = new DeliveryCounts(options.name, deps.metrics.ofTopic(options.name))
  }

  get isOpen(): boolean {
    return this.#senders.length > 0
  }

  get isInFlight(): boolean {
    return this.#senders.some((sender) => sender.isInFlight)
  }

  get isOptional(): boolean {
    return this.#options.isOptional ?? false
  }

  /** Why records are not delivered; null if no send is failing. */
  get problem(): string | null {
    if (!this.isOpen) return this.#deps.transport.problem ?? 'not connected yet'
    if (!this.#senders.some((sender) => sender.isFailing)) return null
    return this.#outcomes.problem
  }

  /** Bytes by which the topic would exceed its limit if `bytes` were added; negative below it. */
  excessOf(bytes: number): number {
    return this.counts.bytes + bytes - this.#options.maxBytes
  }

  /**
   * Call when the topic is writable or its partition count changed: moves waiting records to their
   * partitions, in the order of each key. Waits for the send in flight first, up to its deadline,
   * so that no record is in two partitions.
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

  /** Channels that wait for a full record to restart with. */
  get cutChannels(): ReadonlySet<string> {
    return this.#cutChannels
  }

  /**
   * Removes the state of a channel that sends no more records, and in a topic of numbers (`latest`)
   * its waiting records. Returns the bytes freed.
   */
  forgetChannel(channel: string): number {
    this.#cutChannels.delete(channel)
    if (this.#options.overflow !== 'latest') return 0
    let bytes = 0
    for (const queue of this.#queues()) {
      for (const record of queue.removeChannel(channel)) bytes += this.#dropped(record, 'conflated')
    }
    return bytes
  }

  /** Drops the waiting numbers of a channel, which are no longer true; returns the bytes freed. */
  retract(channel: string): number {
    for (const queue of this.#queues()) if (queue instanceof LatestQueue) queue.retract(channel)
    return this.#freeSuperseded()
  }

  /** False for a record that continues a sequence which was cut here. */
  continues({ channel, isWhole }: OutgoingRecord): boolean {
    return isWhole || this.#cutChannels.size === 0 || !this.#cutChannels.has(channel)
  }

  /** Queues a record; returns the bytes freed by records that it replaced or superseded. */
  push(record: OutgoingRecord, bytes: number): number {
    this.counts.bytes += bytes
    if (record.isWhole && this.#cutChannels.size > 0) this.#cutChannels.delete(record.channel)
    if (isCounted(record)) this.counts.queuedFrames += 1
    const sender = this.#senderOf(record)
    const replaced = sender === undefined ? 0 : this.#replace(record, bytes, sender)
    if (replaced > 0) return replaced
    if (sender === undefined) this.#unassigned.push(record, bytes)
    else sender.push(record, bytes)
    return this.#freeSuperseded([sender?.queue ?? this.#unassigned])
  }

  #replace(record: OutgoingRecord, bytes: number, sender: PartitionSender): number {
    if (!this.#shedding.isOn || this.#options.overflow !== 'conflate') return 0
    if (record.kind !== 'frame' || !sender.isBacklogged) return 0
    const old = sender.queue.replace(record, bytes)
    if (old === undefined) return 0
    this.#deps.onShed()
    return this.#dropped(old, 'conflated')
  }

  /**
   * How long the oldest record has waited, ms. null while the topic is not available, and
   * afterwards until the records of that time are sent: they are late because of the outage, not of
   * an overload, and are not dropped. Always null for numbers (`latest`).
   */
  delayMs(nowMonotonicMs: number): number | null {
    if (this.#options.overflow === 'latest') return null
    const isObstructed =
      !this.isOpen || this.#senders.some((sender) => sender.isObstructed(nowMonotonicMs))
    if (isObstructed) return this.#shedding.keepUntil(nowMonotonicMs)
    let oldestMs = nowMonotonicMs
    for (const { queue } of this.#senders) {
      oldestMs = Math.min(oldestMs, queue.oldest()?.receivedMonotonicMs ?? nowMonotonicMs)
    }
    return this.#shedding.mustKeep(oldestMs) ? null : nowMonotonicMs - oldestMs
  }

  /** Whether a batch was acknowledged within the last half second. */
  isProgressing(nowMonotonicMs: number): boolean {
    return this.#senders.some((sender) => sender.isProgressing(nowMonotonicMs))
  }

  /**
   * Switches dropping because of an overload on or off. While it is on, newest wins before the
   * queue is full; call it repeatedly then, as the policy `refuse` drops records once they are
   * late.
   * @param delayLimitMs above this a record is late
   * @returns bytes freed
   */
  shed(isOn: boolean, delayLimitMs: number, nowMonotonicMs: number): number {
    const isStart = isOn && !this.#shedding.isOn
    this.#shedding.isOn = isOn && this.delayMs(nowMonotonicMs) !== null
    if (!this.#shedding.isOn) return 0
    switch (this.#options.overflow) {
      case 'latest':
        return 0
      case 'conflate':
        return isStart ? this.#freeAll(() => this.conflateOne()) : 0
      case 'cut':
        return isStart ? this.#freeAll(() => this.cutOne()) : 0
      case 'refuse':
        return this.#freeAll(() => this.#dropLate(nowMonotonicMs - delayLimitMs))
    }
  }

  #freeAll(freeOne: () => number): number {
    let bytes = 0
    for (let freed = freeOne(); freed > 0; freed = freeOne()) bytes += freed
    if (bytes > 0) this.#deps.onShed()
    return bytes
  }

  #dropLate(beforeMonotonicMs: number): number {
    for (const queue of this.#queues()) {
      const late = queue.removeOldest(beforeMonotonicMs)
      if (late !== undefined) return this.#dropped(late, 'queue_full')
    }
    return 0
  }

  /**
   * Call for each record before it is queued. During an overload a sequence gets at most one record
   * a second: at the next one the sequence is cut. Records that already wait are still sent, and
   * the sequence restarts from a full record.
   */
  limitSequence({ channel, kind, isWhole }: OutgoingRecord, nowMonotonicMs: number): void {
    if (!this.#shedding.isOn || this.#options.overflow !== 'cut' || kind !== 'frame') return
    const isLimited = !isWhole && this.#shedding.hasQueuedRecently(channel, nowMonotonicMs)
    if (isLimited) this.#cutChannels.add(channel)
    else this.#shedding.note(channel, nowMonotonicMs)
    if (!isWhole && this.#cutChannels.has(channel)) this.#deps.onShed()
  }

  drain(): void {
    this.#isDraining = true
    for (const sender of this.#senders) sender.drain()
  }

  /** Sends what waits in partitions without a send in flight: another one is sending now. */
  join(): void {
    for (const sender of this.#senders) sender.join()
  }

  /** Starts no further send. */
  pause(): void {
    this.#isPaused = true
    for (const sender of this.#senders) sender.pause()
  }

  /** Drops everything that is left. */
  close(): void {
    for (const record of [
      ...this.#senders.flatMap((sender) => sender.close()),
      ...this.#unassigned.drain(),
    ]) {
      if (isCounted(record)) this.counts.queuedFrames -= 1
      this.counts.dropped(record, 'shutdown')
    }
    this.counts.bytes = 0
  }

  /**
   * Drops one record if the policy allows it (`conflate`, `latest`); returns the bytes freed, 0 for
   * none.
   */
  conflateOne(): number {
    if (this.#options.overflow === 'latest') return this.#dropLate(Number.POSITIVE_INFINITY)
    if (this.#options.overflow !== 'conflate') return 0
    for (const queue of this.#queues()) {
      const record = queue.removeSuperseded()
      if (record !== undefined) return this.#dropped(record, 'conflated')
    }
    return 0
  }

  /** Drops the sequence that has waited longest in the fullest queue; returns the bytes freed. */
  cutOne(): number {
    if (this.#options.overflow !== 'cut') return 0
    const fullest = this.#queues().reduce((a, b) => (b.waitingBytes > a.waitingBytes ? b : a))
    return this.#cut(fullest.removeChannel())
  }

  /** Drops a record that does not fit. Returns the bytes freed with it. */
  refuse(record: OutgoingRecord): number {
    this.counts.dropped(record, 'queue_full')
    return record.kind === 'frame' ? this.#breakSequence(record) : 0
  }

  /** Drops the waiting records of a sequence that lost a record, as readers cannot use them. */
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
      'record rejected by the broker, dropped',
    )
    this.counts.dropped(record, refusal)
    // A full checkpoint may have been what the sequence was to restart with.
    const isLink = record.kind === 'frame' || record.isWhole
    if (isLink) this.#deps.onReleased(this.#breakSequence(record))
  }

  /** Drops the newest waiting record of the channel and kind of `record`, if that frees enough. */
  replaceNewest(record: OutgoingRecord, neededBytes: number): number {
    if (this.#options.overflow !== 'conflate') return 0
    const queue = this.#senderOf(record)?.queue ?? this.#unassigned
    const old = queue.removeNewest(record, neededBytes)
    return old === undefined ? 0 : this.#dropped(old, 'conflated')
  }

  #cut(records: readonly OutgoingRecord[]): number {
    let bytes = 0
    for (const record of records) {
      this.#cutChannels.add(record.channel)
      bytes += this.#dropped(record, 'sequence_cut')
    }
    return bytes
  }

  #dropped(record: OutgoingRecord, reason: DropReason): number {
    const bytes = recordBytes(record)
    this.counts.bytes -= bytes
    if (isCounted(record)) this.counts.queuedFrames -= 1
    this.counts.dropped(record, reason)
    return bytes
  }

  /** Drops what a later record superseded; returns the bytes freed. */
  #freeSuperseded(queues = this.#queues()): number {
    if (this.#options.overflow !== 'latest') return 0
    let bytes = 0
    for (const queue of queues) {
      for (let old = queue.removeSuperseded(); old !== undefined; old = queue.removeSuperseded()) {
        bytes += this.#dropped(old, 'conflated')
      }
    }
    return bytes
  }

  #createQueue(): SendQueue {
    return this.#options.overflow === 'latest' ? new LatestQueue() : new RecordQueue()
  }

  #queues(): SendQueue[] {
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
    const { batchMaxRecords, hasLag = true } = this.#options
    return new PartitionSender(
      { partition, batchMaxRecords, batchMaxBytes, hasLag },
      {
        ...this.#deps,
        queue: this.#createQueue(),
        counts: this.counts,
        onReleased: (bytes) => {
          this.counts.bytes -= bytes
          this.#deps.onReleased(bytes)
        },
        onRefused: (record, refusal, error) => {
          this.#refused(record, partition, refusal, error)
        },
        onOutcome: (error) => {
          this.#outcomes.note(error)
          if (error !== null) this.#deps.onReleased(this.#freeSuperseded())
          this.#deps.onOutcome()
          this.#moveWhenIdle()
        },
      },
    )
  }
}
