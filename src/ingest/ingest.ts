import type { ApplyResult } from '../book/channel-book.ts'
import { isBadLevels } from '../book/levels.ts'
import type { FeedControl, FeedSink, OffsetEstimate } from '../model/feed.ts'
import type { BookFrame, MarketFrame, Receipt, TradesFrame } from '../model/frames.ts'
import {
  type InstrumentInfo,
  type InstrumentStatus,
  MAINTENANCE_CUTS_WITHIN_MS,
  MAX_MAINTENANCE_MS,
} from '../model/status.ts'
import type { Logger, ReceivedUpdate, Tracing } from '../model/telemetry.ts'
import type { OutgoingRecord, SampledUpdate, TopicProducer } from '../model/topic.ts'
import { type Clock, CLOCK_TICK_MS, type Timer } from '../time/clock.ts'
import type { ChannelState, ChannelStates } from './channels.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { InstrumentStatuses } from './instrument-status.ts'
import type { IngestMetrics } from './metrics.ts'
import type { ReceiptTime } from './receipt-time.ts'

/**
 * A grouped channel that sent invalid data is resubscribed when no valid snapshot came for this
 * long.
 */
const GROUPED_RESYNC_AFTER_MS = 5000

export interface IngestOptions {
  booksTopic: string
  tradesTopic: string
  /** Whether the book channels have a sequence: `BOOK_MODE=incremental`. */
  isIncremental: boolean
}

export interface IngestDeps {
  producer: TopicProducer
  channelStates: ChannelStates
  checkpoints: Checkpoints
  statuses: InstrumentStatuses
  /** The feed; a function because the feed needs this sink before it can be created. */
  feed: () => FeedControl
  receiptTime: ReceiptTime
  metrics: IngestMetrics
  tracing: Tracing
  clock: Clock
  logger: Logger
}

/**
 * Validates each frame of the exchange and writes it to its topic byte for byte. Every valid frame
 * is produced, including duplicates and frames after a gap: here a sequence gap only triggers a
 * resync.
 */
export class Ingest implements FeedSink {
  readonly #options: IngestOptions
  readonly #deps: IngestDeps
  #maintenanceEnd: Timer | null = null
  #maintenanceMonotonicMs = 0

  constructor(options: IngestOptions, deps: IngestDeps) {
    this.#options = options
    this.#deps = deps
  }

  onCarried(instrument: string): void {
    // Create the series with 0: `increase` does not count the first sample of a new series.
    if (this.#options.isIncremental) this.#deps.metrics.gaps.start({ instrument })
  }

  onReleased(instrument: string): void {
    this.#deps.metrics.gaps.remove({ instrument })
  }

  onBook(frame: BookFrame, receipt: Receipt): boolean {
    const update = this.#deps.tracing.receive(frame, receipt)
    if (update === null) return this.#applyBook(frame, receipt, null)
    let isValid = false
    update.run(() => {
      isValid = this.#applyBook(frame, receipt, update)
    })
    return isValid
  }

  /** Applies a frame; false if its levels are invalid. */
  #applyBook(frame: BookFrame, receipt: Receipt, update: ReceivedUpdate | null): boolean {
    const { metrics, logger, channelStates } = this.#deps
    const channelState = channelStates.of(frame)
    const before = channelState.book.last
    const result = channelState.book.apply(frame, false)
    if (isBadLevels(result)) {
      metrics.badLevels.add()
      const problem = result
      logger.warn({ channel: frame.channel, problem }, 'invalid frame from the exchange: level')
      update?.refuse(problem)
      this.#suspendCheckpoints(channelState, frame.kind === 'grouped')
      return false
    }
    metrics.bookFrames.add()
    const value = this.#produce(this.#options.booksTopic, frame, receipt, update)
    channelState.lastRecordMonotonicMs = receipt.receivedMonotonicMs
    if (isApplied(result)) this.#onApplied(channelState, frame, value, receipt)
    else if (result === 'duplicate' && frame.kind !== 'change')
      this.#confirmRepeat(channelState, frame)
    else if (result === 'gap') {
      metrics.gaps.series({ instrument: frame.instrument }).add()
      const isReset = frame.changeId <= (before?.changeId ?? 0)
      this.#deps.feed().resync(frame.channel, isReset ? 'sequence_reset' : 'gap')
    }
    this.#endMaintenance(receipt, isApplied(result))
    // A consumer gets the status together with the first snapshot of a subscription.
    if (receipt.answers !== null) this.#deps.checkpoints.announceStatus(frame.instrument)
    if (receipt.answers === 'probe' && isApplied(result) && before !== null) {
      metrics.silentResyncs.add()
    }
    if (receipt.answers === null) {
      observeExchangeLag(frame, receipt, this.#deps.feed().clockOffset(), metrics, update)
    }
    return true
  }

  get isOverloaded(): boolean {
    return this.#deps.producer.isOverloaded
  }

  /** Counts the frame as received and dropped: it has no other effect. */
  onSuperseded(): void {
    this.#deps.metrics.bookFrames.add()
    this.#deps.producer.noteSuperseded(this.#options.booksTopic)
  }

  onTrades(frame: TradesFrame, receipt: Receipt): void {
    this.#deps.metrics.tradesFrames.add()
    this.#produce(this.#options.tradesTopic, frame, receipt, null)
  }

  onBrokenBook(channel: string): void {
    const channelState = this.#deps.channelStates.get(channel)
    if (channelState !== undefined)
      this.#suspendCheckpoints(channelState, channelState.lastSnapshot !== null)
    // The channel never had a valid frame: resubscribe now, as its next frame may take long.
    else this.#deps.feed().resync(channel, 'invalid_frame')
  }

  onProbeFailed(channel: string): void {
    const channelState = this.#deps.channelStates.get(channel)
    if (channelState !== undefined) channelState.isTrusted = false
  }

  onInstruments(infos: readonly InstrumentInfo[]): void {
    const { statuses, checkpoints } = this.#deps
    for (const { instrument, priceIndex, status } of infos) {
      statuses.setPriceIndex(instrument, priceIndex)
      if (status !== null) statuses.set(instrument, status)
    }
    checkpoints.announceStatuses()
  }

  onInstrumentStatus(instrument: string, status: InstrumentStatus): void {
    this.#deps.statuses.set(instrument, status)
    this.#deps.checkpoints.announceStatus(instrument)
  }

  onMaintenance(isMaintenance: boolean): void {
    const { statuses, checkpoints, clock } = this.#deps
    if (statuses.isMaintenance === isMaintenance) return
    statuses.isMaintenance = isMaintenance
    this.#maintenanceEnd?.cancel()
    this.#maintenanceEnd = null
    if (isMaintenance) {
      this.#maintenanceMonotonicMs = clock.monotonicMs()
      this.#maintenanceEnd = clock.setTimer(() => this.onMaintenance(false), MAX_MAINTENANCE_MS)
    }
    checkpoints.announceStatuses()
  }

  /**
   * Ends maintenance without a notice of the exchange, which may have been lost during a
   * disconnect: when a new subscription is answered, even with an unchanged snapshot, or when a
   * book changes on a connection that maintenance should have closed.
   */
  #endMaintenance(receipt: Receipt, isNew: boolean): void {
    if (!this.#deps.statuses.isMaintenance) return
    const lastedMs = receipt.receivedMonotonicMs - this.#maintenanceMonotonicMs
    if (receipt.answers === 'subscribe' || (isNew && lastedMs > MAINTENANCE_CUTS_WITHIN_MS)) {
      this.onMaintenance(false)
    }
  }

  onIndexLock(priceIndex: string, isLocked: boolean): void {
    const isNew = this.#deps.statuses.setIndexLock(priceIndex, isLocked)
    if (isNew) this.#deps.checkpoints.announceStatuses()
  }

  onLockedIndices(priceIndices: readonly string[]): void {
    this.#deps.statuses.setLockedIndices(priceIndices)
    this.#deps.checkpoints.announceStatuses()
  }

  onDropped(channel: string): void {
    const { channelStates, statuses } = this.#deps
    const instrument = channelStates.get(channel)?.instrument
    channelStates.drop(channel)
    this.#deps.producer.forgetChannel(this.#options.booksTopic, channel)
    if (instrument !== undefined && channelStates.ofInstrument(instrument).length === 0) {
      statuses.forget(instrument)
    }
  }

  #onApplied(channelState: ChannelState, frame: BookFrame, value: Buffer, receipt: Receipt): void {
    const isFirstTrusted = !channelState.isTrusted
    if (frame.kind === 'grouped') channelState.keepSnapshot(value)
    if (frame.kind !== 'change') channelState.isTrusted = true
    // Send a full checkpoint after every resync, so that readers need not wait for the next one.
    const isResynced = receipt.answers !== null || isFirstTrusted
    if (frame.kind === 'snapshot' && isResynced) {
      channelState.lastSnapshotMonotonicMs = Number.NEGATIVE_INFINITY
    }
  }

  /**
   * Handles a repeated snapshot: that of the current frame verifies the book; an older one does
   * not.
   */
  #confirmRepeat(channelState: ChannelState, frame: BookFrame): void {
    const { last } = channelState.book
    if (frame.changeId === last?.changeId && frame.exchangeTimeMs === last.exchangeTimeMs) {
      channelState.isTrusted = true
    }
  }

  /**
   * Sends no checkpoints of a channel until its next valid snapshot. An incremental channel is
   * resubscribed at once; a grouped one only if no valid snapshot follows within 5 s.
   */
  #suspendCheckpoints(channelState: ChannelState, isGrouped: boolean): void {
    const { clock, feed } = this.#deps
    channelState.isTrusted = false
    if (!isGrouped) {
      channelState.book.breakSequence()
      feed().resync(channelState.channel, 'invalid_frame')
      return
    }
    if (channelState.hasPendingResync) return
    channelState.hasPendingResync = true
    clock.setTimer(() => {
      channelState.hasPendingResync = false
      if (!channelState.isTrusted) feed().resync(channelState.channel, 'invalid_frame')
    }, GROUPED_RESYNC_AFTER_MS)
  }

  #produce(
    topic: string,
    frame: MarketFrame,
    receipt: Receipt,
    update: ReceivedUpdate | null,
  ): Buffer {
    // Copy: a slice would keep the whole socket chunk in memory while the record is queued.
    const value = Buffer.from(receipt.bytes)
    const record: OutgoingRecord = {
      topic,
      key: frame.instrument,
      channel: frame.channel,
      value,
      timestampMs: this.#deps.receiptTime.of(receipt.receivedTimeMs, receipt.receivedMonotonicMs),
      kind: 'frame',
      isWhole: frame.type === 'book' && frame.kind !== 'change',
      receivedMonotonicMs: receipt.receivedMonotonicMs,
    }
    this.#deps.producer.send(update === null ? record : withTraceContext(record, update))
    return value
  }
}

/** Adds the `traceparent` header to the record of a sampled update. */
function withTraceContext(record: OutgoingRecord, update: ReceivedUpdate): OutgoingRecord {
  const sampled = update.send(record.topic)
  return { ...record, headers: { traceparent: sampled.traceparent }, sampled }
}

function isApplied(result: ApplyResult): boolean {
  return result === 'accepted' || result === 'new_sequence'
}

/**
 * Observes the lag from the exchange's timestamp to the receipt, by the exchange's clock. A
 * negative lag is clamped to 0, and counted as skew if it exceeds the uncertainty of the offset.
 * Nothing is observed while the offset is unknown.
 */
function observeExchangeLag(
  frame: BookFrame,
  receipt: Receipt,
  offset: OffsetEstimate | null,
  metrics: Pick<IngestMetrics, 'exchangeToReceive' | 'clockSkewEvents'>,
  update: SampledUpdate | null,
): void {
  if (offset === null) return
  const lagMs = receipt.receivedTimeMs + offset.offsetMs - frame.exchangeTimeMs
  if (lagMs < -(offset.uncertaintyMs + CLOCK_TICK_MS)) metrics.clockSkewEvents.add()
  const lagSeconds = Math.max(0, lagMs) / 1000
  metrics.exchangeToReceive.observe(lagSeconds)
  if (update !== null) {
    metrics.exchangeToReceive.setExemplar(lagSeconds, update.traceId, receipt.receivedTimeMs)
  }
}
