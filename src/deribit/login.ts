import { messageOf } from '../errors.ts'
import type { Clock, Timer } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { Connection } from './connection.ts'
import { isObject, type ResponseMessage } from './messages.ts'

/** Wrong id or secret, and an account that is locked: trying again at once changes nothing. */
const REFUSALS = [13004, 11098, 12003]
/** Share of its life after which a token is renewed. */
const RENEW_AT = 0.8
/** Tokens of a year would overflow a timer; looking once a day costs nothing. */
const MAX_RENEW_MS = 86_400_000
const MIN_RENEW_MS = 1000

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
  connection: Connection
  clock: Clock
  logger: Logger
  /** The login could not be renewed: what needs it will end. */
  onLost: () => void
}

interface Token {
  readonly refreshToken: string
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
    if (this.#isStopped) return
    const waitMs = Math.min(MAX_RENEW_MS, Math.max(MIN_RENEW_MS, expiresInMs * RENEW_AT))
    this.#timer = this.#deps.clock.setTimer(() => void this.#renew(refreshToken), waitMs)
  }

  async #renew(refreshToken: string): Promise<void> {
    const answer = await this.#call({ grant_type: 'refresh_token', refresh_token: refreshToken })
    if (this.#isStopped) return
    const token = typeof answer === 'string' ? null : parseToken(answer.result)
    if (token !== null) {
      this.#renewLater(token)
      return
    }
    // Every token may have become void, as after a release: from the beginning, then.
    const again = await this.start()
    if (again.outcome === 'ok' || this.#isStopped) return
    this.#deps.logger.warn({ detail: again.detail }, 'the login could not be renewed')
    this.#deps.onLost()
  }

  /** The answer, or in words why there is none. */
  async #call(params: object): Promise<ResponseMessage | string> {
    try {
      return await this.#deps.connection.request('public/auth', params)
    } catch (error) {
      return messageOf(error)
    }
  }
}

function parseToken(result: unknown): Token | null {
  if (!isObject(result)) return null
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = result
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return null
  if (typeof expiresIn !== 'number' || !(expiresIn > 0)) return null
  return { refreshToken, expiresInMs: expiresIn * 1000 }
}
