import { messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { isObject, type ResponseMessage } from '../protocol/messages.ts'
import type { RpcSocket } from './rpc-socket.ts'

/** Wrong id or secret, and an account that is locked: trying again at once changes nothing. */
const REFUSALS = [13004, 11098, 12003]
/** Share of its life after which a token is renewed. */
const RENEW_AT = 0.8
/** Tokens of a year would overflow a timer; looking once a day costs nothing. */
const MAX_RENEW_MS = 86_400_000
const MIN_RENEW_MS = 1000
/** Life of a token where the answer does not say it: the shortest that is documented. */
const ASSUMED_LIFE_MS = 3_600_000
/** Attempts to renew a token that has not ended yet are this far apart. */
const RETRY_MS = 10_000

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * - `ok`: logged in, and kept so;
 * - `refused`: by the exchange, for a reason that only people can mend;
 * - `failed`: no answer, or an error that may pass.
 */
export type LoginOutcome =
  { readonly outcome: 'ok' } | { readonly outcome: 'refused' | 'failed'; readonly detail: string }

export interface LoginDeps {
  rpcSocket: Pick<RpcSocket, 'request'>
  clock: Clock
  logger: Logger
  /** The login could not be renewed: what needs it will end. */
  onLost: () => void
}

interface Token {
  /** null where the exchange gave none, as it may: then only a new login renews it. */
  readonly refreshToken: string | null
  readonly expiresInMs: number
}

/**
 * Logs one connection in and keeps it so. The scope is that of the connection: it dies with the
 * socket, so that two of them never fight over one session. Nothing of it is ever logged.
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
    if (token === null) return { outcome: 'failed', detail: 'login: an answer without a token' }
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

  /** @param endMonotonicMs when the token ends: until then a failure costs nothing */
  async #renew(refreshToken: string | null, endMonotonicMs: number): Promise<void> {
    if (refreshToken !== null && (await this.#refresh(refreshToken))) return
    if (this.#isStopped) return
    // Every token may have become void, as after a release: from the beginning, then.
    const again = await this.start()
    if (again.outcome === 'ok' || this.#isStopped) return
    const { clock, logger, onLost } = this.#deps
    logger.warn({ detail: again.detail }, 'the login could not be renewed')
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

  /** The answer, or in words why there is none. */
  async #call(params: object): Promise<ResponseMessage | string> {
    try {
      return await this.#deps.rpcSocket.request('public/auth', params)
    } catch (error) {
      return messageOf(error)
    }
  }
}

/** null where it is no token at all; what it says of its life may be missing or make no sense. */
function parseToken(result: unknown): Token | null {
  if (!isObject(result)) return null
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = result
  if (typeof accessToken !== 'string') return null
  const isLife = typeof expiresIn === 'number' && expiresIn > 0
  return {
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : null,
    expiresInMs: isLife ? expiresIn * 1000 : ASSUMED_LIFE_MS,
  }
}
