import type { BookFrame, Receipt, TradesFrame } from './frames.ts'
import type { InstrumentInfo, InstrumentStatus } from './status.ts'

/** Takes what the exchange sent. Called from the socket's read path: never blocks, never throws. */
export interface FeedSink {
  /** The instrument is carried from now on: its channels are asked for. */
  onCarried(instrument: string): void
  /** The instrument is no longer carried; its channels were dropped before. */
  onReleased(instrument: string): void
  /** False where its levels are invalid: the frame was of no use. */
  onBook(frame: BookFrame, receipt: Receipt): boolean
  onTrades(frame: TradesFrame, receipt: Receipt): void
  /** A frame of a book channel of ours that cannot be read. */
  onBrokenBook(channel: string): void
  /** What the exchange says of the instruments that are carried; may come again. */
  onInstruments(infos: readonly InstrumentInfo[]): void
  /** The exchange's status of an instrument changed. */
  onInstrumentStatus(instrument: string, status: InstrumentStatus): void
  /** The platform goes into maintenance (true) or has come out of it. */
  onMaintenance(isMaintenance: boolean): void
  /** All instruments on a price index are locked, or no longer. */
  onIndexLock(priceIndex: string, isLocked: boolean): void
  /** These price indices are locked, and no others. */
  onLockedIndices(priceIndices: readonly string[]): void
  /** No snapshot came for a channel that was probed, or it is suspended: what we have of it is unverified. */
  onProbeFailed(channel: string): void
  /** The channel is no longer wanted: its instrument is gone. */
  onDropped(channel: string): void
}

/**
 * Why a channel is suspended:
 * - `unreadable`: its frames cannot be read, or their levels are invalid;
 * - `no_snapshot`: it is acknowledged, and no snapshot follows;
 * - `gaps`: its sequence breaks again and again;
 * - `oversize`: a frame of it is larger than the socket takes, which closes the connection;
 * - `refused`: the exchange does not acknowledge it.
 */
export type SuspensionReason = 'unreadable' | 'no_snapshot' | 'gaps' | 'oversize' | 'refused'

/** A channel that is not subscribed at present, though it is wanted: it did harm, or was refused. */
export interface SuspendedChannel {
  readonly channel: string
  readonly reason: SuspensionReason
  /** The same in words. */
  readonly detail: string
  /** Suspensions in a row; the wait doubles with each. */
  readonly count: number
  /** Epoch ms of the wall clock. */
  readonly sinceMs: number
  /** When it is asked for again, epoch ms. */
  readonly retryTimeMs: number
}

/** Why a channel is requested again; the label `reason` of `resyncs_total`. */
export type ResyncReason =
  'gap' | 'silent' | 'sequence_reset' | 'channel_change' | 'overflow' | 'invalid_frame'

/** The exchange's clock as measured, see the formula in the contract, section 8. */
export interface OffsetEstimate {
  /** Exchange time minus local wall time, ms with fraction. */
  readonly offsetMs: number
  /** Half the round trip: the offset is right to within this. */
  readonly uncertaintyMs: number
  readonly roundTripMs: number
}

/** What ingest asks of the feed. */
export interface FeedControl {
  /** Newest frame of any kind on the connection that carries the channel; null before any. */
  lastFrame(channel: string): { readonly wallMs: number; readonly monotonicMs: number } | null
  clockOffset(): OffsetEstimate | null
  /** Asks for a fresh snapshot of one channel; limited, batched, at most one pending for each. */
  resync(channel: string, reason: ResyncReason): void
}

/** What the exchange edge last saw; read by readiness checks and `/api/v1/pipeline`. */
export interface FeedHealth {
  /** True when every connection is open and its subscriptions were asked for. */
  readonly isConnected: boolean
  /** Monotonic ms of the newest frame on the connection that is most behind; null before the first. */
  readonly lastFrameMonotonicMs: number | null
  readonly requestedChannels: number
  readonly acknowledgedChannels: number
  /** Channels asked for but not acknowledged, by name; at most 20. */
  readonly missingChannels: readonly string[]
  /** Suspended channels, which count as neither requested nor acknowledged; at most 20. */
  readonly suspendedChannels: readonly SuspendedChannel[]
  /** How many are suspended in all: refused by the exchange, and for any other reason. */
  readonly refusedCount: number
  readonly suspendedCount: number
  /** Why there is no data, in words; null when all is well. */
  readonly problem: string | null
}
