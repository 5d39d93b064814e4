import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '../model/clock.ts'
import type { FeedControl, InstrumentWord } from '../model/feed.ts'
import type { RecordHeaders, TopicProducer } from '../model/topic.ts'
import type { ChannelTrack } from './channel-track.ts'
import type { ChannelTracks } from './channel-tracks.ts'
import type { InstrumentWords } from './instrument-words.ts'
import type { ReceiptTime } from './receipt-time.ts'
import { writeEmptyChange, writeSnapshotFrame } from './checkpoint-frame.ts'

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

export interface CheckpointsDeps {
  producer: TopicProducer
  tracks: ChannelTracks
  words: InstrumentWords
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
  announceWords(): void {
    for (const track of this.#deps.tracks.all()) this.#announce(track)
  }

  /** The same for one instrument: on the hour thousands of them change one by one. */
  announceWord(instrument: string): void {
    for (const track of this.#deps.tracks.ofInstrument(instrument)) this.#announce(track)
  }

  #announce(track: ChannelTrack): void {
    if (this.#hasNews(track)) this.#send(track, true)
  }

  #hasNews(track: ChannelTrack): boolean {
    const word = this.#wordOf(track)
    return word !== track.toldWord && !(track.toldWord === null && word === 'open')
  }

  #tick(): void {
    this.#restartChains()
    const nowMs = this.#deps.clock.monotonicMs()
    for (const track of this.#deps.tracks.all()) {
      const isSnapshotDue = nowMs - track.lastSnapshotMonotonicMs >= this.#options.snapshotMs
      // A word that could not be told at once, for want of a proof, is told as soon as there is one.
      if (isSnapshotDue || this.#hasNews(track)) {
        this.#send(track, true)
      } else if (nowMs - track.lastRecordMonotonicMs >= this.#options.checkpointMs) {
        this.#send(track, false)
      }
    }
    this.#timer = this.#deps.clock.setTimer(() => this.#tick(), TICK_MS)
  }

  /**
   * A sequence that the producer cut continues from our own book. A book that the topic does not
   * take, as it is larger than its records may be, is tried again less and less often.
   */
  #restartChains(): void {
    const { producer, tracks, clock } = this.#deps
    const nowMs = clock.monotonicMs()
    for (const channel of producer.channelsToRestart(this.#options.booksTopic)) {
      const track = tracks.get(channel)
      if (track === undefined || nowMs - track.restartedMonotonicMs < track.restartWaitMs) continue
      const isRepeated = nowMs - track.restartedMonotonicMs < RESTART_FORGET_MS
      track.restartWaitMs = isRepeated
        ? Math.min(this.#options.snapshotMs, 2 * track.restartWaitMs)
        : RESTART_MIN_MS
      track.restartedMonotonicMs = nowMs
      this.#send(track, true)
    }
  }

  /** A reader that gains the new partition of an instrument finds nothing whole in it: one is due now. */
  #restartMoved(hasMoved: (instrument: string) => boolean): void {
    for (const track of this.#deps.tracks.all()) {
      if (hasMoved(track.instrument)) track.lastSnapshotMonotonicMs = Number.NEGATIVE_INFINITY
    }
  }

  #send(track: ChannelTrack, isWhole: boolean): void {
    const { clock, feed, producer, receiptTime } = this.#deps
    const proof = feed().lastFrame(track.channel)
    const nowMs = clock.monotonicMs()
    if (proof === null || nowMs - proof.monotonicMs > this.#options.checkpointMs) return
    if (!track.isTrusted) return
    const value = this.#valueOf(track, isWhole)
    if (value === null) return
    track.lastRecordMonotonicMs = nowMs
    track.toldWord = this.#wordOf(track)
    if (isWhole) track.lastSnapshotMonotonicMs = nowMs
    const timestampMs = receiptTime.of(clock.nowMs(), nowMs)
    // Not the wall clock's time of the proof: it may have been set since.
    const verifiedAtMs = Math.round(timestampMs - (nowMs - proof.monotonicMs))
    producer.send({
      topic: this.#options.booksTopic,
      key: track.instrument,
      channel: track.channel,
      value,
      timestampMs,
      kind: 'checkpoint',
      isWhole: isWhole || track.lastPicture !== null,
      headers: this.#headers(track.toldWord, verifiedAtMs),
      receivedMonotonicMs: nowMs,
    })
  }

  /** What was told must be taken back: no word at all would leave readers with the old one. */
  #wordOf(track: ChannelTrack): InstrumentWord | null {
    return this.#deps.words.of(track.instrument) ?? (track.toldWord === null ? null : 'open')
  }

  #valueOf(track: ChannelTrack, isWhole: boolean): Buffer | null {
    if (track.lastPicture !== null) return track.lastPicture
    return isWhole
      ? writeSnapshotFrame(track.book, track.instrument)
      : writeEmptyChange(track.book, track.instrument)
  }

  #headers(word: InstrumentWord | null, verifiedAtMs: number): RecordHeaders {
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
      ...(word === null ? {} : { 'instrument-state': word }),
    }
  }
}
