import { ChannelBook } from '../book/channel-book.ts'
import type { InstrumentStatus } from '../model/feed.ts'
import type { BookFrame } from '../model/frame.ts'

/** What the producer remembers of one book channel, to repeat and to prove it. */
export class ChannelState {
  readonly channel: string
  readonly instrument: string
  readonly book: ChannelBook
  /** Last picture as it came, to be sent again byte for byte; null in incremental channels. */
  lastSnapshot: Buffer | null = null
  /** When the last record of this channel was handed to the topic, monotonic ms. */
  lastRecordMonotonicMs = Number.NEGATIVE_INFINITY
  /** When the last whole checkpoint was sent, monotonic ms. */
  lastSnapshotMonotonicMs: number
  /** False after wrong data or a failed probe: what we last saw may not be what the exchange shows. */
  isTrusted = true
  /** The exchange's word that the last checkpoint carried. */
  announcedStatus: InstrumentStatus | null = null
  /** How long to wait before a sequence that the producer cut is restarted again, ms; 0 = never cut. */
  restartWaitMs = 0
  restartedMonotonicMs = Number.NEGATIVE_INFINITY
  /** A fresh picture will be asked for unless one comes by itself. */
  hasPendingResync = false

  /** @param snapshotAtMonotonicMs counts as the last snapshot, to spread the next ones */
  constructor(frame: BookFrame, snapshotAtMonotonicMs: number) {
    this.channel = frame.channel
    this.instrument = frame.instrument
    this.book = new ChannelBook(frame.channel, { isFirstHand: true })
    this.lastSnapshotMonotonicMs = snapshotAtMonotonicMs
  }
}
