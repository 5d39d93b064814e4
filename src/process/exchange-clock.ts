import type { Checkpoint } from '../model/checkpoint-headers.ts'
import type { Instant } from '../time/clock.ts'

/** The timestamps that the lag of a publication is computed from. */
export interface PublicationTimes {
  /** Exchange time of the frame, epoch ms. */
  readonly exchangeTimeMs: number
  readonly isCheckpoint: boolean
  /** Receipt of the frame by the producer, epoch ms of its wall clock. */
  readonly timestampMs: number
  readonly receiveToPublishMs: number
}

/** Lag of a publication by stage, ms, rounded to microseconds, never negative; null if unknown. */
export interface LagMs {
  readonly exchangeToReceive: number | null
  readonly receiveToPublish: number | null
  readonly total: number | null
}

const UNKNOWN: LagMs = { exchangeToReceive: null, receiveToPublish: null, total: null }

/**
 * Provides the exchange's clock for one book, as measured by the book's producer. While the offset
 * is unknown it is null, and so are all ages and lags: an uncorrected lag is not a measurement. Of
 * redundant producers, whose hosts have different clocks, one is used until it is gone or does not
 * know the offset.
 */
export class ExchangeClock {
  readonly #producers: ProducerClocks
  /** null until the first checkpoint of this book. */
  #producerId: string | null = null

  constructor(producers: ProducerClocks) {
    this.#producers = producers
  }

  /** Notes the producer of a checkpoint of this book; the current one is kept unless it is gone. */
  useProducer(producerId: string, nowMs: number): void {
    const current = this.#producerId
    const isReplaceable =
      current === null ||
      this.#producers.offsetMs(current) === null ||
      this.#producers.isSilent(current, nowMs)
    if (isReplaceable) this.#producerId = producerId
  }

  /**
   * Exchange time minus the producer's wall clock, ms; null while unknown. Before the first
   * checkpoint of this book: that of the only producer, if there is just one.
   */
  offsetMs(nowMs: number): number | null {
    return this.#producerId === null
      ? this.#producers.onlyOffsetMs(nowMs)
      : this.#producers.offsetMs(this.#producerId)
  }

  /**
   * Age of a book by its exchange time, ms; never negative, null while the offset is unknown.
   * Assumes that the local wall clock agrees with the producer's.
   */
  ageMs(exchangeTimeMs: number, now: Instant): number | null {
    const offsetMs = this.offsetMs(now.wallMs)
    if (offsetMs === null) return null
    return round(Math.max(0, now.wallMs + offsetMs - exchangeTimeMs))
  }

  /**
   * Lag from the exchange's timestamp to the receipt of its frame, ms; never negative, null while
   * the offset is unknown.
   * @param timestampMs timestamp of the record: receipt by the producer's wall clock, epoch ms
   */
  exchangeToReceiveMs(exchangeTimeMs: number, timestampMs: number, now: Instant): number | null {
    const offsetMs = this.offsetMs(now.wallMs)
    if (offsetMs === null) return null
    return Math.max(0, timestampMs + offsetMs - exchangeTimeMs)
  }

  /** Lags of a publication. A checkpoint carries an old frame, so its timestamps give no lag. */
  lagMs(published: PublicationTimes, now: Instant): LagMs {
    const { exchangeTimeMs, isCheckpoint, timestampMs, receiveToPublishMs } = published
    if (isCheckpoint) return UNKNOWN
    const receiveToPublish = round(receiveToPublishMs)
    const exchangeToReceiveMs = this.exchangeToReceiveMs(exchangeTimeMs, timestampMs, now)
    if (exchangeToReceiveMs === null) return { ...UNKNOWN, receiveToPublish }
    return {
      exchangeToReceive: round(exchangeToReceiveMs),
      receiveToPublish,
      total: round(exchangeToReceiveMs + receiveToPublishMs),
    }
  }
}

/** Rounds to whole microseconds; more digits are noise. */
function round(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000
}

/**
 * Provides the exchange's clock for the windows of one book: the offset in the newest checkpoint of
 * the book itself, so that the windows depend on the records of their partition alone and not on
 * when those of others arrive. Of redundant producers, one is used until the book gets no
 * checkpoint of it for `silentAfterMs`, or it does not know the offset.
 */
export class WindowClock {
  readonly #silentAfterMs: number
  #producerId: string | null = null
  #offsetMs: number | null = null
  #reportedTimeMs = Number.NEGATIVE_INFINITY

  /** @param silentAfterMs a producer without a checkpoint of the book for this long is gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** Exchange time minus the producer's wall clock, ms; null while unknown. */
  get offsetMs(): number | null {
    return this.#offsetMs
  }

  /** Applies a checkpoint of the book. @param timestampMs of its record, epoch ms */
  update({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    const isCurrent = producerId === this.#producerId
    const isSilent = timestampMs - this.#reportedTimeMs > this.#silentAfterMs
    if (!isCurrent && this.#offsetMs !== null && !isSilent) return
    this.#producerId = producerId
    this.#offsetMs = clockOffsetMs
    this.#reportedTimeMs = timestampMs
  }
}

/** Maximum number of known producers; the least recently seen one is removed for another. */
const MAX_PRODUCERS = 64

interface ClockReport {
  /** Exchange time minus the producer's wall clock, ms; null if the producer does not know it. */
  readonly offsetMs: number | null
  /** Timestamp of the record that reported it, epoch ms. */
  readonly reportedTimeMs: number
}

/** Keeps the exchange clock offset of each producer, as reported in its checkpoints of any book. */
export class ProducerClocks {
  readonly #silentAfterMs: number
  readonly #reports = new Map<string, ClockReport>()

  /** @param silentAfterMs a producer without a report for this long is considered gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** Stores the offset in a checkpoint of any book. @param timestampMs of its record, epoch ms */
  update({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    // Move to the end: the first entry is the least recently seen one.
    this.#reports.delete(producerId)
    if (this.#reports.size >= MAX_PRODUCERS) {
      const [oldest] = this.#reports.keys()
      if (oldest !== undefined) this.#reports.delete(oldest)
    }
    // Store null too: an offset from before the clock was set is wrong.
    this.#reports.set(producerId, { offsetMs: clockOffsetMs, reportedTimeMs: timestampMs })
  }

  /** Exchange time minus a producer's wall clock, ms; null while unknown. */
  offsetMs(producerId: string): number | null {
    return this.#reports.get(producerId)?.offsetMs ?? null
  }

  isSilent(producerId: string, nowMs: number): boolean {
    const report = this.#reports.get(producerId)
    return report === undefined || nowMs - report.reportedTimeMs > this.#silentAfterMs
  }

  /**
   * Offset of the only producer that is not silent, ms, as it then applies to every book; null if
   * there are none or several.
   */
  onlyOffsetMs(nowMs: number): number | null {
    const active = [...this.#reports.keys()].filter((id) => !this.isSilent(id, nowMs))
    const [only] = active
    return only === undefined || active.length > 1 ? null : this.offsetMs(only)
  }
}
