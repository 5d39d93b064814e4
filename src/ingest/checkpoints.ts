import { randomUUID } from 'node:crypto'
import type { ChannelBook } from '../book/channel-book.ts'
import type { FeedControl } from '../model/feed.ts'
import type { InstrumentStatus } from '../model/status.ts'
import type { RecordHeaders, TopicProducer } from '../model/topic.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { ChannelState, ChannelStates } from './channels.ts'
import type { InstrumentStatuses } from './instrument-status.ts'
import type { ReceiptTime } from './receipt-time.ts'

/** How often the channels are looked through for what is due. */
const TICK_MS = 100

/** Pause after the restart of a sequence that was cut; doubled each time, up to `snapshotMs`. */
const RESTART_MIN_MS = 1000
/** A cut so long after the last restart is another matter. */
const RESTART_FORGET_MS = 120_000

export interface CheckpointsOptions {
  booksTopic: string
  /** A channel without a record for so long gets a checkpoint. */
  checkpointMs: number
  /** Every channel gets a whole one so often, busy or not. */
  snapshotMs: number
}

/** Writes frames in the exchange's format; null where the book is not whole. */
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
 * The only records that we make ourselves: they let a consumer that joins late be live at once, and
 * tell a still market from a dead feed. Sent only while the connection has proven itself within
 * `checkpointMs` and what we have of the channel is whole.
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

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Tells readers at once of every instrument whose word is another than the one they were told. */
  announceStatuses(): void {
    for (const channelState of this.#deps.channelStates.all()) this.#announce(channelState)
  }

  /** The same for one instrument: on the hour thousands of them change one by one. */
  announceStatus(instrument: string): void {
    for (const channelState of this.#deps.channelStates.ofInstrument(instrument))
      this.#announce(channelState)
  }

  #announce(channelState: ChannelState): void {
    if (this.#hasNewStatus(channelState)) this.#send(channelState, true)
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
      // A word that could not be told at once, for want of a proof, is told as soon as there is one.
      if (isSnapshotDue || this.#hasNewStatus(channelState)) {
        this.#send(channelState, true)
      } else if (nowMs - channelState.lastRecordMonotonicMs >= this.#options.checkpointMs) {
        this.#send(channelState, false)
      }
    }
    this.#timer = this.#deps.clock.setTimer(() => this.#tick(), TICK_MS)
  }

  /**
   * A sequence that the producer cut continues from our own book. A book that the topic does not
   * take, as it is larger than its records may be, is tried again less and less often.
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
      const isRepeated = nowMs - channelState.restartedMonotonicMs < RESTART_FORGET_MS
      channelState.restartWaitMs = isRepeated
        ? Math.min(this.#options.snapshotMs, 2 * channelState.restartWaitMs)
        : RESTART_MIN_MS
      channelState.restartedMonotonicMs = nowMs
      this.#send(channelState, true)
    }
  }

  /** A reader that gains the new partition of an instrument finds nothing whole in it: one is due now. */
  #restartMoved(hasMoved: (instrument: string) => boolean): void {
    for (const channelState of this.#deps.channelStates.all()) {
      if (hasMoved(channelState.instrument))
        channelState.lastSnapshotMonotonicMs = Number.NEGATIVE_INFINITY
    }
  }

  #send(channelState: ChannelState, isWhole: boolean): void {
    const { clock, feed, producer, receiptTime } = this.#deps
    const lastFrame = feed().lastFrame(channelState.channel)
    const nowMs = clock.monotonicMs()
    if (lastFrame === null || nowMs - lastFrame.monotonicMs > this.#options.checkpointMs) return
    if (!channelState.isTrusted) return
    const value = this.#valueOf(channelState, isWhole)
    if (value === null) return
    channelState.lastRecordMonotonicMs = nowMs
    channelState.announcedStatus = this.#statusOf(channelState)
    if (isWhole) channelState.lastSnapshotMonotonicMs = nowMs
    const timestampMs = receiptTime.of(clock.nowMs(), nowMs)
    // Not the wall clock's time of the proof: it may have been set since.
    const verifiedAtMs = Math.round(timestampMs - (nowMs - lastFrame.monotonicMs))
    producer.send({
      topic: this.#options.booksTopic,
      key: channelState.instrument,
      channel: channelState.channel,
      value,
      timestampMs,
      kind: 'checkpoint',
      isWhole: isWhole || channelState.lastSnapshot !== null,
      headers: this.#headers(channelState.announcedStatus, verifiedAtMs),
      receivedMonotonicMs: nowMs,
    })
  }

  /** What was told must be taken back: no word at all would leave readers with the old one. */
  #statusOf(channelState: ChannelState): InstrumentStatus | null {
    return (
      this.#deps.statuses.of(channelState.instrument) ??
      (channelState.announcedStatus === null ? null : 'open')
    )
  }

  #valueOf(channelState: ChannelState, isWhole: boolean): Buffer | null {
    if (channelState.lastSnapshot !== null) return channelState.lastSnapshot
    return isWhole
      ? this.#deps.frames.writeSnapshotFrame(channelState.book, channelState.instrument)
      : this.#deps.frames.writeEmptyChange(channelState.book, channelState.instrument)
  }

  #headers(status: InstrumentStatus | null, verifiedAtMs: number): RecordHeaders {
    const offset = this.#deps.receiptTime.clockOffset()
    return {
      kind: 'checkpoint',
      'verified-at-ms': String(verifiedAtMs),
      'producer-id': this.producerId,
      ...(offset === null
        ? {}
        : {
            'clock-offset-ms': offset.offsetMs.toFixed(3),
            'clock-uncertainty-ms': offset.uncertaintyMs.toFixed(3),
          }),
      ...(status === null ? {} : { 'instrument-state': status }),
    }
  }
}
