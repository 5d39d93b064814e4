import type { Instant } from '../time/clock.ts'
import type { Checkpoint } from './checkpoint.ts'

/** The parts of a publication that its lag is computed from. */
export interface PublicationTimes {
  readonly exchangeTimeMs: number
  readonly isCheckpoint: boolean
  /** Receipt of the frame by the producer, epoch ms of its wall clock. */
  readonly timestampMs: number
  readonly receiveToPublishMs: number
}

export interface LagMs {
  readonly exchangeToReceive: number | null
  readonly receiveToPublish: number | null
  readonly total: number | null
}

const UNKNOWN: LagMs = { exchangeToReceive: null, receiveToPublish: null, total: null }

/**
 * The exchange's clock for one book, as the producer of the book measured it. null, and every age and
 * lag with it, while that has not told: an uncorrected lag is not a measured one. Of two producers,
 * whose hosts have clocks of their own, one is believed until it is gone or does not know.
 */
export class ExchangeClock {
  readonly #producers: ProducerClocks
  /** null until a checkpoint of this book has come. */
  #producerId: string | null = null

  constructor(producers: ProducerClocks) {
    this.#producers = producers
  }

  /** A checkpoint of this book came from that producer. */
  goBy(producerId: string, nowMs: number): void {
    const current = this.#producerId
    const isReplaceable =
      current === null ||
      this.#producers.offsetMs(current) === null ||
      this.#producers.isSilent(current, nowMs)
    if (isReplaceable) this.#producerId = producerId
  }

  /** Exchange time minus the producer's wall clock, ms; null while unknown. */
  offsetMs(nowMs: number): number | null {
    return this.#producerId === null
      ? this.#producers.onlyOffsetMs(nowMs)
      : this.#producers.offsetMs(this.#producerId)
  }

  /** How long ago the exchange's book was so, ms; never negative. */
  ageMs(exchangeTimeMs: number, now: Instant): number | null {
    const offsetMs = this.offsetMs(now.wallMs)
    if (offsetMs === null) return null
    return round(Math.max(0, now.wallMs + offsetMs - exchangeTimeMs))
  }

  /**
   * From the exchange's own time to the receipt of its frame, ms; never negative, null while unknown.
   * @param timestampMs of the record: the receipt, epoch ms of the producer
   */
  exchangeToReceiveMs(exchangeTimeMs: number, timestampMs: number, now: Instant): number | null {
    const offsetMs = this.offsetMs(now.wallMs)
    if (offsetMs === null) return null
    return Math.max(0, timestampMs + offsetMs - exchangeTimeMs)
  }

  /** A checkpoint carries an old frame: its stamps are no lag of anything. */
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

/** To whole microseconds: more digits would be noise. */
function round(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000
}

/** Producers that are known at a time; the one heard of longest ago is forgotten for another. */
const MAX_PRODUCERS = 64

interface ClockReport {
  /** Exchange time minus the producer's wall clock, ms; null while it does not know. */
  readonly offsetMs: number | null
  /** By the record that told it, epoch ms. */
  readonly reportedTimeMs: number
}

/** The clock of the exchange as each producer measured it, which its checkpoints of any book tell. */
export class ProducerClocks {
  readonly #silentAfterMs: number
  readonly #reports = new Map<string, ClockReport>()

  /** @param silentAfterMs a producer that told nothing for so long is gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** @param timestampMs of the checkpoint's record */
  learn({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    // To the end of the order: the first one is the one heard of longest ago.
    this.#reports.delete(producerId)
    if (this.#reports.size >= MAX_PRODUCERS) {
      const [oldest] = this.#reports.keys()
      if (oldest !== undefined) this.#reports.delete(oldest)
    }
    // Also that it is not known any more: an offset from before the clock was set is a wrong one.
    this.#reports.set(producerId, { offsetMs: clockOffsetMs, reportedTimeMs: timestampMs })
  }

  /** null while unknown. */
  offsetMs(producerId: string): number | null {
    return this.#reports.get(producerId)?.offsetMs ?? null
  }

  isSilent(producerId: string, nowMs: number): boolean {
    const report = this.#reports.get(producerId)
    return report === undefined || nowMs - report.reportedTimeMs > this.#silentAfterMs
  }

  /** Where only one producer is heard of, it is that of every book: its offset; null otherwise. */
  onlyOffsetMs(nowMs: number): number | null {
    const heard = [...this.#reports.keys()].filter((id) => !this.isSilent(id, nowMs))
    const [only] = heard
    return only === undefined || heard.length > 1 ? null : this.offsetMs(only)
  }
}
