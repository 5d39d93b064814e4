import { messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { isObject, type ResponseMessage } from '../protocol/messages.ts'
import type { RpcSocket } from './rpc-socket.ts'

/** Errors for invalid credentials and locked accounts: an immediate retry is useless. */
const REFUSALS = [13004, 11098, 12003]
/** Fraction of its lifetime after which a token is renewed. */
const RENEW_AT = 0.8
/** Maximum renewal interval. The lifetime of a one-year token would overflow a timer. */
const MAX_RENEW_MS = 86_400_000
const MIN_RENEW_MS = 1000
/** Lifetime of a token if the response contains none: the shortest documented one. */
const ASSUMED_LIFE_MS = 3_600_000
/** Interval between attempts to renew a token that is still valid. */
const RETRY_MS = 10_000

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * - `ok`: logged in, and renewed automatically;
 * - `refused`: refused by the exchange, requires manual action;
 * - `failed`: no response, or a temporary error.
 */
export type LoginOutcome =
  { readonly outcome: 'ok' } | { readonly outcome: 'refused' | 'failed'; readonly detail: string }

export interface LoginDeps {
  rpcSocket: Pick<RpcSocket, 'request'>
  clock: Clock
  logger: Logger
  /** Called when the login could not be renewed: private channels will end. */
  onLost: () => void
}

interface Token {
  /** null if the response contains none; a new login is required then. */
  readonly refreshToken: string | null
  readonly expiresInMs: number
}

/**
 * Logs in one connection and renews the login. The session is scoped to the connection, so that connections
 * never share one. Credentials and tokens are never logged.
 */
export class Login {
  readonly #credentials: Credentials
  readonly #deps: LoginDeps
  #timer: Timer | null = null
  #isStopped = false

  constructor(credentials: Credentials, deps: LoginDeps) {
    this.#credentials = credentials
    this.#deps = deps
  }

  /** Never rejects. */
  async start(): Promise<LoginOutcome> {
    const { clientId, clientSecret } = this.#credentials
    const answer = await this.#call({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    })
    if (typeof answer === 'string') return { outcome: 'failed', detail: answer }
    if (answer.error !== null) {
      const { code, message } = answer.error
      const outcome = REFUSALS.includes(code) ? 'refused' : 'failed'
      return { outcome, detail: `login: ${code} ${message}` }
    }
    const token = parseToken(answer.result)
    if (token === null) return { outcome: 'failed', detail: 'login: response without a token' }
    this.#renewLater(token)
    return { outcome: 'ok' }
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #renewLater({ refreshToken, expiresInMs }: Token): void {
    const endMonotonicMs = this.#deps.clock.monotonicMs() + expiresInMs
    const waitMs = Math.min(MAX_RENEW_MS, Math.max(MIN_RENEW_MS, expiresInMs * RENEW_AT))
    this.#after(waitMs, () => this.#renew(refreshToken, endMonotonicMs))
  }

  #after(waitMs: number, renew: () => Promise<void>): void {
    if (this.#isStopped) return
    this.#timer = this.#deps.clock.setTimer(() => void renew(), waitMs)
  }

  /** @param endMonotonicMs expiry of the token; failures before it are retried */
  async #renew(refreshToken: string | null, endMonotonicMs: number): Promise<void> {
    if (refreshToken !== null && (await this.#refresh(refreshToken))) return
    if (this.#isStopped) return
    // All tokens may be invalid, as after a release of the exchange: logs in again.
    const again = await this.start()
    if (again.outcome === 'ok' || this.#isStopped) return
    const { clock, logger, onLost } = this.#deps
    logger.warn({ detail: again.detail }, 'login renewal failed')
    const isOver = clock.monotonicMs() + RETRY_MS >= endMonotonicMs
    if (again.outcome === 'refused' || isOver) onLost()
    else this.#after(RETRY_MS, () => this.#renew(null, endMonotonicMs))
  }

  async #refresh(refreshToken: string): Promise<boolean> {
    const answer = await this.#call({ grant_type: 'refresh_token', refresh_token: refreshToken })
    const token = typeof answer === 'string' ? null : parseToken(answer.result)
    if (token !== null) this.#renewLater(token)
    return token !== null
  }

  /** Returns the response, or the reason why there is none. */
  async #call(params: object): Promise<ResponseMessage | string> {
    try {
      return await this.#deps.rpcSocket.request('public/auth', params)
    } catch (error) {
      return messageOf(error)
    }
  }
}

/** Parses a token; null if there is none. The lifetime may be missing or invalid. */
function parseToken(result: unknown): Token | null {
  if (!isObject(result)) return null
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = result
  if (typeof accessToken !== 'string') return null
  const isLifetime = typeof expiresIn === 'number' && expiresIn > 0
  return {
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : null,
    expiresInMs: isLifetime ? expiresIn * 1000 : ASSUMED_LIFE_MS,
  }
}
