import { ChannelBook } from '../book/channel-book.ts'
import type { BookFrame } from '../model/frames.ts'
import type { InstrumentStatus } from '../model/status.ts'
import type { Clock } from '../time/clock.ts'

/** All book channels that this producer carries. Bounded by the subscriptions of the feed. */
export class ChannelStates {
  readonly #clock: Clock
  readonly #snapshotMs: number
  readonly #channelStates = new Map<string, ChannelState>()
  readonly #byInstrument = new Map<string, readonly ChannelState[]>()

  /** @param snapshotMs interval between full checkpoints of a channel, ms */
  constructor(options: { snapshotMs: number }, clock: Clock) {
    this.#snapshotMs = options.snapshotMs
    this.#clock = clock
  }

  get(channel: string): ChannelState | undefined {
    return this.#channelStates.get(channel)
  }

  /**
   * Returns the state of a frame's channel; creates it on the first frame. A hash of the name
   * spreads the full checkpoints of the channels over the interval.
   */
  of(frame: BookFrame): ChannelState {
    const known = this.#channelStates.get(frame.channel)
    if (known !== undefined) return known
    const offsetMs = spread(frame.channel) * this.#snapshotMs
    const channelState = new ChannelState(frame, this.#clock.monotonicMs() - offsetMs)
    this.#channelStates.set(frame.channel, channelState)
    this.#byInstrument.set(frame.instrument, [...this.ofInstrument(frame.instrument), channelState])
    return channelState
  }

  ofInstrument(instrument: string): readonly ChannelState[] {
    return this.#byInstrument.get(instrument) ?? []
  }

  drop(channel: string): void {
    const channelState = this.#channelStates.get(channel)
    if (channelState === undefined) return
    this.#channelStates.delete(channel)
    const others = this.ofInstrument(channelState.instrument).filter(
      (other) => other !== channelState,
    )
    if (others.length > 0) this.#byInstrument.set(channelState.instrument, others)
    else this.#byInstrument.delete(channelState.instrument)
  }

  all(): Iterable<ChannelState> {
    return this.#channelStates.values()
  }
}

/** Maps a name to a stable number in [0, 1): FNV-1a, 32 bits. */
function spread(name: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) / 0x1_0000_0000
}

const NO_BYTES = Buffer.alloc(0)
/**
 * The memory of a snapshot is a multiple of this, so that small changes of its length need no new
 * one.
 */
const BLOCK_BYTES = 256
/** Memory more than this many times as large as the snapshot is replaced by smaller memory. */
const MAX_SPARE_FACTOR = 4

/** State that the producer keeps of one book channel, to write checkpoints of it. */
export class ChannelState {
  readonly channel: string
  readonly instrument: string
  readonly book: ChannelBook
  #snapshot = NO_BYTES
  #snapshotBytes = 0
  /** When the last record of this channel was sent to the topic, monotonic ms. */
  lastRecordMonotonicMs = Number.NEGATIVE_INFINITY
  /** When the last full checkpoint was sent, monotonic ms. */
  lastSnapshotMonotonicMs: number
  /** False after invalid data or a failed probe: the book may differ from the exchange's. */
  isTrusted = true
  /** Instrument status that the last checkpoint carried. */
  announcedStatus: InstrumentStatus | null = null
  /**
   * True if `announcedStatus` may differ from the status of the instrument. Spares comparing every
   * channel at every tick.
   */
  isStatusPending = true
  /**
   * Minimum time from one restart of a cut sequence to the next, ms; 0 before the first restart.
   */
  restartWaitMs = 0
  restartedMonotonicMs = Number.NEGATIVE_INFINITY
  /** True while a resync is scheduled in case no snapshot arrives by itself. */
  hasPendingResync = false

  /**
   * Last snapshot as received, repeated byte for byte in checkpoints; null in incremental channels.
   * Valid until the next one is kept.
   */
  get lastSnapshot(): Buffer | null {
    return this.#snapshotBytes === 0 ? null : this.#snapshot.subarray(0, this.#snapshotBytes)
  }

  /**
   * Copies a snapshot into memory of the channel. The record's own bytes are part of a larger block,
   * which thousands of channels would keep alive.
   */
  keepSnapshot(bytes: Buffer): void {
    const capacity = this.#snapshot.length
    if (bytes.length > capacity || bytes.length < capacity / MAX_SPARE_FACTOR) {
      this.#snapshot = Buffer.allocUnsafeSlow(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES)
    }
    bytes.copy(this.#snapshot)
    this.#snapshotBytes = bytes.length
  }

  /**
   * @param snapshotAtMonotonicMs counts as the time of the last full checkpoint, to spread the next
   * ones
   */
  constructor(frame: BookFrame, snapshotAtMonotonicMs: number) {
    this.channel = frame.channel
    this.instrument = frame.instrument
    this.book = new ChannelBook(frame.channel, { isFromExchange: true })
    this.lastSnapshotMonotonicMs = snapshotAtMonotonicMs
  }
}
