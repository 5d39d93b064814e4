import { Backoff } from '../../time/pacing.ts'
import type { DisconnectReason } from '../socket/outcomes.ts'

const BACKOFF = { baseMs: 1000, capMs: 30_000, resetAfterMs: 60_000 }
/** A refused login needs people: trying more often would only lock the account. */
const REFUSED_LOGIN_PAUSE_MS = 300_000
/** After too many calls the exchange's pool of credits takes so long to be full again. */
const RATE_LIMITED_PAUSE_MS = 3000
/** Looking for a channel has few steps, and each of them costs all books: it is not drawn out. */
const SEARCH_MAX_MS = 1000

export interface ClosedConnection {
  readonly reason: DisconnectReason
  readonly isLoginRefused: boolean
  /** The next connection looks for the channel that closed this one. */
  readonly isSearching: boolean
}

/** How long to wait before the next attempt to connect. */
export class ReconnectDelay {
  readonly #backoff: Backoff
  readonly #random: () => number

  /** @param random uniform in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random
    this.#backoff = new Backoff(BACKOFF, random)
  }

  afterFailureMs(): number {
    return this.#backoff.nextDelayMs()
  }

  afterCloseMs({ reason, isLoginRefused, isSearching }: ClosedConnection): number {
    if (isSearching) return this.#random() * SEARCH_MAX_MS
    const delayMs = this.#backoff.nextDelayMs()
    if (isLoginRefused) return REFUSED_LOGIN_PAUSE_MS
    return reason === 'rate_limited' ? RATE_LIMITED_PAUSE_MS + delayMs : delayMs
  }

  /** To be told how long a connection delivered; a short one does not reset the wait. */
  connectionLasted(goodDataMs: number): void {
    this.#backoff.connectionLasted(goodDataMs)
  }
}
