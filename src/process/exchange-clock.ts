import type { Checkpoint } from './checkpoint.ts'
import type { Instant } from './instant.ts'

/** The parts of a publication that its lag is computed from. */
export interface StampedPublication {
  readonly exchangeTimeMs: number
  readonly isCheckpoint: boolean
  /** Receipt of the frame by the producer, epoch ms of its wall clock. */
  readonly timestampMs: number
  readonly publishedTimeMs: number
}

export interface LagMs {
  readonly exchangeToReceive: number | null
  readonly receiveToPublish: number | null
  readonly total: number | null
}

const UNKNOWN: LagMs = { exchangeToReceive: null, receiveToPublish: null, total: null }

/**
 * The exchange's clock as the producer measured it and its checkpoints tell. null, and every age and
 * lag with it, while no checkpoint has told: an uncorrected lag is not a measured one.
 */
export class ExchangeClock {
  #offsetMs: number | null = null

  /** Exchange time minus the producer's wall clock, ms; null while unknown. */
  get offsetMs(): number | null {
    return this.#offsetMs
  }

  learn(checkpoint: Checkpoint): void {
    // Also that it is not known any more: an offset from before the clock was set is a wrong one.
    this.#offsetMs = checkpoint.clockOffsetMs
  }

  /** How long ago the exchange's book was so, ms; never negative. */
  ageMs(exchangeTimeMs: number, now: Instant): number | null {
    if (this.#offsetMs === null) return null
    return round(Math.max(0, now.wallMs + this.#offsetMs - exchangeTimeMs))
  }

  /** A checkpoint carries an old frame: its stamps are no lag of anything. */
  lagMs(published: StampedPublication): LagMs {
    const { exchangeTimeMs, isCheckpoint, timestampMs, publishedTimeMs } = published
    if (isCheckpoint) return UNKNOWN
    const receiveToPublish = Math.max(0, publishedTimeMs - timestampMs)
    if (this.#offsetMs === null) return { ...UNKNOWN, receiveToPublish }
    const exchangeToReceive = round(Math.max(0, timestampMs + this.#offsetMs - exchangeTimeMs))
    return {
      exchangeToReceive,
      receiveToPublish,
      total: round(exchangeToReceive + receiveToPublish),
    }
  }
}

/** To whole microseconds: more digits would be noise. */
function round(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000
}
