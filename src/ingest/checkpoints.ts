import { randomUUID } from 'node:crypto'
import type { ChannelBook } from '../book/channel-book.ts'
import { checkpointHeaders } from '../model/checkpoint-headers.ts'
import type { FeedControl } from '../model/feed.ts'
import type { InstrumentStatus } from '../model/status.ts'
import type { RecordHeaders, TopicProducer } from '../model/topic.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { ChannelState, ChannelStates } from './channels.ts'
import type { InstrumentStatuses } from './instrument-status.ts'
import type { ReceiptTime } from './receipt-time.ts'

/** How often the channels are checked for due checkpoints. */
const TICK_MS = 100

/** During an overload, restarts take at most this long per tick, ms: a tenth of the time. */
const RESTART_BUDGET_MS = 10
/** Pause after a restart of a cut sequence; doubled with each restart, up to `snapshotMs`. */
const RESTART_MIN_MS = 1000
/** A restart this long after the previous one begins with the shortest pause again. */
const RESTART_FORGET_MS = 120_000

export interface CheckpointsOptions {
  booksTopic: string
  /** A channel without a record for this long gets a checkpoint, ms. */
  checkpointMs: number
  /** Interval between full checkpoints of a channel, busy or idle, ms. */
  snapshotMs: number
}

/** Writes frames in the exchange's format; null while the sequence of the book is broken. */
export interface CheckpointFrames {
  writeSnapshotFrame(book: ChannelBook, instrument: string): Buffer | null
  writeEmptyChange(book: ChannelBook, instrument: string): Buffer | null
}

export interface CheckpointsDeps {
  frames: CheckpointFrames
  producer: TopicProducer
  channelStates: ChannelStates
  statuses: InstrumentStatuses
  feed: () => FeedControl
  receiptTime: ReceiptTime
  clock: Clock
}

/**
 * Writes checkpoints, the only records that the producer makes itself. They make a consumer that
 * joins late live at once, and distinguish a quiet market from a dead feed. Sent only while the
 * connection was verified within `checkpointMs` and the book of the channel is complete.
 */
export class Checkpoints {
  readonly producerId = randomUUID()
  readonly #options: CheckpointsOptions
  readonly #deps: CheckpointsDeps
  #timer: Timer | null = null

  constructor(options: CheckpointsOptions, deps: CheckpointsDeps) {
    this.#options = options
    this.#deps = deps
    deps.producer.whenKeysMove((topic, hasMoved) => {
      if (topic === options.booksTopic) this.#restartMoved(hasMoved)
    })
  }

  start(): void {
    this.#timer ??= this.#deps.clock.setTimer(() => this.#tick(), TICK_MS)
  }

  /**
   * Sends a last checkpoint of every channel, which shows consumers that this producer writes no
   * more of it: without another producer they remove the book soon, as it may not be wanted now.
   */
  stop(): void {
    if (this.#timer === null) return
    this.#timer.cancel()
    this.#timer = null
    for (const channelState of this.#deps.channelStates.all()) {
      this.#send(channelState, { isLast: true })
    }
  }

  /** Sends a checkpoint for every instrument whose status changed since its last checkpoint. */
  announceStatuses(): void {
    for (const channelState of this.#deps.channelStates.all()) this.#announce(channelState)
  }

  /** The same for one instrument only: at the full hour thousands of statuses change one by one. */
  announceStatus(instrument: string): void {
    for (const channelState of this.#deps.channelStates.ofInstrument(instrument))
      this.#announce(channelState)
  }

  #announce(channelState: ChannelState): void {
    channelState.isStatusPending = this.#hasNewStatus(channelState)
    if (channelState.isStatusPending) this.#send(channelState, { isWhole: true })
  }

  #hasNewStatus(channelState: ChannelState): boolean {
    const status = this.#statusOf(channelState)
    return (
      status !== channelState.announcedStatus &&
      !(channelState.announcedStatus === null && status === 'open')
    )
  }

  #tick(): void {
    this.#restartSequences()
    const nowMs = this.#deps.clock.monotonicMs()
    for (const channelState of this.#deps.channelStates.all()) {
      const isSnapshotDue = nowMs - channelState.lastSnapshotMonotonicMs >= this.#options.snapshotMs
      if (isSnapshotDue) this.#send(channelState, { isWhole: true })
      // A status that could not be announced because the connection was unverified is sent as soon
      // as it is verified.
      else if (channelState.isStatusPending) this.#announce(channelState)
      else if (nowMs - channelState.lastRecordMonotonicMs >= this.#options.checkpointMs) {
        this.#send(channelState)
      }
    }
    this.#timer = this.#deps.clock.setTimer(() => this.#tick(), TICK_MS)
  }

  /**
   * Restarts sequences that the producer cut, with a snapshot of its own book. The pause grows with
   * each restart, as a book that exceeds the record limit of the topic is cut every time. During an
   * overload every busy channel is cut repeatedly: it is restarted once a second, the channel
   * that has waited longest first.
   */
  #restartSequences(): void {
    const { producer, channelStates, clock } = this.#deps
    const nowMs = clock.monotonicMs()
    for (const channel of producer.channelsToRestart(this.#options.booksTopic)) {
      const channelState = channelStates.get(channel)
      if (
        channelState === undefined ||
        nowMs - channelState.restartedMonotonicMs < channelState.restartWaitMs
      )
        continue
      if (producer.isOverloaded && clock.monotonicMs() - nowMs > RESTART_BUDGET_MS) return
      const isRepeated =
        !producer.isOverloaded && nowMs - channelState.restartedMonotonicMs < RESTART_FORGET_MS
      channelState.restartWaitMs = isRepeated
        ? Math.min(this.#options.snapshotMs, 2 * channelState.restartWaitMs)
        : RESTART_MIN_MS
      channelState.restartedMonotonicMs = nowMs
      this.#send(channelState, { isWhole: true })
    }
  }

  /**
   * Makes a full checkpoint due for every instrument that moved to another partition: consumers
   * that gain the partition find no snapshot there.
   */
  #restartMoved(hasMoved: (instrument: string) => boolean): void {
    for (const channelState of this.#deps.channelStates.all()) {
      if (hasMoved(channelState.instrument))
        channelState.lastSnapshotMonotonicMs = Number.NEGATIVE_INFINITY
    }
  }

  #send(channelState: ChannelState, { isWhole = false, isLast = false } = {}): void {
    const { clock, feed, producer, receiptTime } = this.#deps
    const lastFrame = feed().lastFrame(channelState.channel)
    const nowMs = clock.monotonicMs()
    if (lastFrame === null || nowMs - lastFrame.monotonicMs > this.#options.checkpointMs) return
    if (!channelState.isTrusted) return
    const value = this.#valueOf(channelState, isWhole)
    if (value === null) return
    channelState.lastRecordMonotonicMs = nowMs
    channelState.announcedStatus = this.#statusOf(channelState)
    channelState.isStatusPending = false
    if (isWhole) channelState.lastSnapshotMonotonicMs = nowMs
    const timestampMs = receiptTime.of(clock.nowMs(), nowMs)
    // Not the wall clock at the last frame: the clock may have been set since.
    const verifiedAtMs = Math.round(timestampMs - (nowMs - lastFrame.monotonicMs))
    producer.send({
      topic: this.#options.booksTopic,
      key: channelState.instrument,
      channel: channelState.channel,
      value,
      timestampMs,
      kind: 'checkpoint',
      isWhole: isWhole || channelState.lastSnapshot !== null,
      headers: this.#headers(channelState.announcedStatus, verifiedAtMs, isLast),
      receivedMonotonicMs: nowMs,
    })
  }

  /**
   * Status to announce. Readers keep the last status when a checkpoint carries none, so `open` is
   * stated explicitly once another status was announced.
   */
  #statusOf(channelState: ChannelState): InstrumentStatus | null {
    return (
      this.#deps.statuses.of(channelState.instrument) ??
      (channelState.announcedStatus === null ? null : 'open')
    )
  }

  #valueOf(channelState: ChannelState, isWhole: boolean): Buffer | null {
    const { lastSnapshot } = channelState
    // Copy: the next snapshot of the channel overwrites it.
    if (lastSnapshot !== null) return Buffer.from(lastSnapshot)
    return isWhole
      ? this.#deps.frames.writeSnapshotFrame(channelState.book, channelState.instrument)
      : this.#deps.frames.writeEmptyChange(channelState.book, channelState.instrument)
  }

  #headers(status: InstrumentStatus | null, verifiedAtMs: number, isLast: boolean): RecordHeaders {
    return checkpointHeaders({
      verifiedAtMs,
      producerId: this.producerId,
      clockOffset: this.#deps.receiptTime.clockOffset(),
      instrumentState: status,
      isLast,
    })
  }
}
