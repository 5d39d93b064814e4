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
   * Returns the state of a frame's channel; creates it on the first frame. Checkpoints of new
   * channels are spread over the interval by a hash of the name.
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

/** State that the producer keeps of one book channel, to write checkpoints of it. */
export class ChannelState {
  readonly channel: string
  readonly instrument: string
  readonly book: ChannelBook
  /**
   * Last snapshot as received, repeated byte for byte in checkpoints; null in incremental channels.
   */
  lastSnapshot: Buffer | null = null
  /** When the last record of this channel was sent to the topic, monotonic ms. */
  lastRecordMonotonicMs = Number.NEGATIVE_INFINITY
  /** When the last full checkpoint was sent, monotonic ms. */
  lastSnapshotMonotonicMs: number
  /** False after invalid data or a failed probe: the book may differ from the exchange's. */
  isTrusted = true
  /** Instrument status that the last checkpoint carried. */
  announcedStatus: InstrumentStatus | null = null
  /** Delay before a sequence that the producer cut is restarted again, ms; 0 = never cut. */
  restartWaitMs = 0
  restartedMonotonicMs = Number.NEGATIVE_INFINITY
  /** True while a resync is scheduled in case no snapshot arrives by itself. */
  hasPendingResync = false

  /** @param snapshotAtMonotonicMs counts as the last full checkpoint, to spread the next ones */
  constructor(frame: BookFrame, snapshotAtMonotonicMs: number) {
    this.channel = frame.channel
    this.instrument = frame.instrument
    this.book = new ChannelBook(frame.channel, { isFirstHand: true })
    this.lastSnapshotMonotonicMs = snapshotAtMonotonicMs
  }
}
