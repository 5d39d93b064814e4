import { Backoff } from '../../time/pacing.ts'
import type { DisconnectReason } from '../socket/outcomes.ts'

const BACKOFF = { baseMs: 1000, capMs: 30_000, resetAfterMs: 60_000 }
/** Delay after a refused login. More attempts could lock the account. */
const REFUSED_LOGIN_PAUSE_MS = 300_000
/** Time in which the exchange restores the call credits of an address. */
const RATE_LIMITED_PAUSE_MS = 3000
/** Maximum delay while searching for an oversize channel: few reconnects, but each affects all books. */
const SEARCH_MAX_MS = 1000

export interface ClosedConnection {
  readonly reason: DisconnectReason
  readonly isLoginRefused: boolean
  /** The next connection continues the search for the oversize channel. */
  readonly isSearching: boolean
}

/** Computes the delay before the next connection attempt. */
export class ReconnectDelay {
  readonly #backoff: Backoff
  readonly #random: () => number

  /** @param random random numbers in [0, 1) */
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

  /** Records how long a connection delivered frames; a short one does not reset the backoff. */
  connectionLasted(goodDataMs: number): void {
    this.#backoff.connectionLasted(goodDataMs)
  }
}
