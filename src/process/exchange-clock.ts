import type { Checkpoint } from './checkpoint.ts'
import type { Instant } from './instant.ts'

/** The parts of a publication that its lag is computed from. */
export interface StampedPublication {
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
 * The exchange's clock as the producer of a book measured it and its checkpoints tell. null, and every
 * age and lag with it, while no checkpoint has told: an uncorrected lag is not a measured one. Of two
 * producers, whose hosts have clocks of their own, one is believed until it says nothing any more.
 */
export class ExchangeClock {
  readonly #silentAfterMs: number
  #producerId: string | null = null
  #toldTimeMs = Number.NEGATIVE_INFINITY
  #offsetMs: number | null = null

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** Exchange time minus the producer's wall clock, ms; null while unknown. */
  get offsetMs(): number | null {
    return this.#offsetMs
  }

  /** @param timestampMs of the checkpoint's record */
  learn({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    const isOther = this.#producerId !== producerId
    const isVacant = this.#offsetMs === null || timestampMs - this.#toldTimeMs > this.#silentAfterMs
    if (isOther && !isVacant) return
    this.#producerId = producerId
    this.#toldTimeMs = timestampMs
    // Also that it is not known any more: an offset from before the clock was set is a wrong one.
    this.#offsetMs = clockOffsetMs
  }

  /** How long ago the exchange's book was so, ms; never negative. */
  ageMs(exchangeTimeMs: number, now: Instant): number | null {
    if (this.#offsetMs === null) return null
    return round(Math.max(0, now.wallMs + this.#offsetMs - exchangeTimeMs))
  }

  /** From the exchange's own time to the receipt of its frame, ms; never negative, null while unknown. */
  exchangeToReceiveMs(exchangeTimeMs: number, timestampMs: number): number | null {
    if (this.#offsetMs === null) return null
    return Math.max(0, timestampMs + this.#offsetMs - exchangeTimeMs)
  }

  /** A checkpoint carries an old frame: its stamps are no lag of anything. */
  lagMs(published: StampedPublication): LagMs {
    const { exchangeTimeMs, isCheckpoint, timestampMs, receiveToPublishMs } = published
    if (isCheckpoint) return UNKNOWN
    const receiveToPublish = round(receiveToPublishMs)
    const exchangeToReceiveMs = this.exchangeToReceiveMs(exchangeTimeMs, timestampMs)
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
