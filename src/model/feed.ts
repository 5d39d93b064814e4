import type { BookFrame, Receipt, TradesFrame } from './frames.ts'
import type { InstrumentInfo, InstrumentStatus } from './status.ts'

/**
 * Receives what the exchange sends. Called from the socket's read path: never blocks, never throws.
 */
export interface FeedSink {
  /** The instrument was added: its channels are being subscribed. */
  onCarried(instrument: string): void
  /** The instrument was removed; its channels were dropped before. */
  onReleased(instrument: string): void
  /** Applies a book frame; false if its levels are invalid. */
  onBook(frame: BookFrame, receipt: Receipt): boolean
  /** A book frame was received, and superseded by a newer one before it was parsed. */
  onSuperseded(): void
  /** Whether frames come faster than this process can handle them: newest wins. */
  readonly isOverloaded: boolean
  onTrades(frame: TradesFrame, receipt: Receipt): void
  /** A frame of a subscribed book channel could not be parsed. */
  onBrokenBook(channel: string): void
  /** Instrument data of the exchange for the subscribed instruments; may repeat. */
  onInstruments(infos: readonly InstrumentInfo[]): void
  /** The exchange's status of an instrument changed. */
  onInstrumentStatus(instrument: string, status: InstrumentStatus): void
  /** The platform enters (true) or leaves (false) maintenance. */
  onMaintenance(isMaintenance: boolean): void
  /** All instruments on a price index are locked or unlocked. */
  onIndexLock(priceIndex: string, isLocked: boolean): void
  /** Complete list of the locked price indices. */
  onLockedIndices(priceIndices: readonly string[]): void
  /** A probed channel sent no snapshot, or the channel is suspended: its book is unverified. */
  onProbeFailed(channel: string): void
  /** The channel is no longer wanted because its instrument is gone. */
  onDropped(channel: string): void
}

/**
 * Why a channel is suspended:
 * - `unreadable`: its frames cannot be parsed, or their levels are invalid;
 * - `no_snapshot`: it is acknowledged, but no snapshot follows;
 * - `gaps`: its sequence breaks repeatedly;
 * - `oversize`: a frame exceeds the limit of the socket, which closes the connection;
 * - `refused`: the exchange does not acknowledge it.
 */
export type SuspensionReason = 'unreadable' | 'no_snapshot' | 'gaps' | 'oversize' | 'refused'

/** A wanted channel that is not subscribed at present because it caused errors or was refused. */
export interface SuspendedChannel {
  readonly channel: string
  readonly reason: SuspensionReason
  /** The reason as text. */
  readonly detail: string
  /** Consecutive suspensions; the wait doubles with each. */
  readonly count: number
  /** Epoch ms of the wall clock. */
  readonly sinceMs: number
  /** Time of the next subscription attempt, epoch ms. */
  readonly retryTimeMs: number
}

/** Why a channel is resubscribed; the label `reason` of `resyncs_total`. */
export const RESYNC_REASONS = [
  'gap',
  'silent',
  'sequence_reset',
  'channel_change',
  'overflow',
  'invalid_frame',
] as const

export type ResyncReason = (typeof RESYNC_REASONS)[number]

/** Measured offset of the exchange's clock; `ClockOffset` in deribit/socket has the formula. */
export interface OffsetEstimate {
  /** Exchange time minus local wall time, ms with fraction. */
  readonly offsetMs: number
  /** Half the round trip: maximum error of the offset, ms. */
  readonly uncertaintyMs: number
  readonly roundTripMs: number
}

/** Operations of the feed that ingest uses. */
export interface FeedControl {
  /** Newest frame of any kind on the connection that carries the channel; null before the first. */
  lastFrame(channel: string): { readonly wallMs: number; readonly monotonicMs: number } | null
  clockOffset(): OffsetEstimate | null
  /**
   * Requests a new snapshot of one channel; rate-limited, batched, at most one pending per channel.
   */
  resync(channel: string, reason: ResyncReason): void
}

/** Last known health of the feed; read by readiness checks and `/api/v1/pipeline`. */
export interface FeedHealth {
  /** True when every connection is open and its subscriptions were requested. */
  readonly isConnected: boolean
  /** Oldest of the connections' newest frames, monotonic ms; null before the first. */
  readonly lastFrameMonotonicMs: number | null
  readonly requestedChannels: number
  readonly acknowledgedChannels: number
  /** Number of instruments that are wanted and within the limit. */
  readonly wantedCount: number
  /** Whether the book of any of them is subscribed. */
  readonly hasBook: boolean
  /** Channels requested but not acknowledged, by name; at most 20. */
  readonly missingChannels: readonly string[]
  /** Suspended channels, which count as neither requested nor acknowledged; at most 20. */
  readonly suspendedChannels: readonly SuspendedChannel[]
  /** Total number of suspended channels: refused by the exchange, and for any other reason. */
  readonly refusedCount: number
  readonly suspendedCount: number
  /** Why there is no data; null when there is no problem. */
  readonly problem: string | null
}
