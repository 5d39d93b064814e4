import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { ExchangeClock } from '../market/exchange-time.ts'
import type { Credentials } from '../options.ts'
import { RpcError } from './envelope.ts'

/** Validity of the timestamp of a signature, ms. */
const SIGNATURE_WINDOW_MS = 60_000
/** Lifetime of a token: one year, as on the exchange. */
const LIFETIME_SECONDS = 31_536_000
const MAX_NAMED_SESSIONS = 16
/** Maximum number of remembered nonces and tokens; above it the oldest is removed. */
const MAX_NONCES = 10_000
const MAX_GRANTS = 10_000

/** Result of a login. */
export interface Grant {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
  readonly expiresAtMs: number
  readonly scope: Scope
}

export interface SignatureParams {
  readonly clientId: string
  /** Epoch ms in digits, as the client wrote them: they are part of what is signed. */
  readonly timestamp: string
  /** Nonce; empty for none. A nonce is valid for one login. */
  readonly nonce: string
  readonly data: string
  readonly signature: string
}

export function signatureOf(secret: string, params: Omit<SignatureParams, 'signature'>): string {
  const { timestamp, nonce, data } = params
  return createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n${data}`).digest('hex')
}

/** Holds the accounts and the valid tokens. */
export class Accounts {
  readonly #secrets: ReadonlyMap<string, string>
  readonly #clock: ExchangeClock
  readonly #grants = new Set<Grant>()
  readonly #usedNonces = new Set<string>()
  /** Every login is refused with 13004 while set. */
  refusesAll = false

  constructor(credentials: readonly Credentials[], clock: ExchangeClock) {
    this.#secrets = new Map(
      credentials.map(({ clientId, clientSecret }) => [clientId, clientSecret]),
    )
    this.#clock = clock
  }

  /** @throws RpcError 13004 */
  byCredentials(clientId: string, clientSecret: string, scope: string): Grant {
    const secret = this.#secrets.get(clientId)
    if (this.refusesAll || secret === undefined || !isSame(secret, clientSecret)) throw refused()
    return this.#grant(clientId, parseScope(scope))
  }

  /** @throws RpcError 13004 for an unknown id or wrong signature, 13009 for a stale or used one */
  bySignature(params: SignatureParams, scope: string): Grant {
    const secret = this.#secrets.get(params.clientId)
    if (this.refusesAll || secret === undefined) throw refused()
    if (!isSame(signatureOf(secret, params), params.signature)) throw refused()
    const ageMs = Math.abs(this.#clock.nowMs() - Number(params.timestamp))
    if (ageMs > SIGNATURE_WINDOW_MS || this.#usedNonces.has(params.nonce)) throw invalidToken()
    if (params.nonce !== '') addBounded(this.#usedNonces, params.nonce, MAX_NONCES)
    return this.#grant(params.clientId, parseScope(scope))
  }

  /** Renews a login; the old tokens become invalid. @throws RpcError 13009 */
  byRefreshToken(refreshToken: string): Grant {
    const old = [...this.#grants].find((grant) => grant.refreshToken === refreshToken)
    if (this.refusesAll) throw refused()
    if (old === undefined) throw invalidToken()
    this.#grants.delete(old)
    return this.#grant(old.clientId, old.scope)
  }

  /** Returns the login of a token; null if the token is invalid. */
  byAccessToken(accessToken: string): Grant | null {
    const found = [...this.#grants].find((grant) => grant.accessToken === accessToken)
    return found !== undefined && this.isGood(found) ? found : null
  }

  isGood(grant: Grant): boolean {
    return this.#grants.has(grant) && grant.expiresAtMs > this.#clock.nowMs()
  }

  revoke(grant: Grant): void {
    this.#grants.delete(grant)
  }

  /** Invalidates every token and session, as a release of the exchange does. */
  revokeAll(): void {
    this.#grants.clear()
  }

  #grant(clientId: string, scope: Scope): Grant {
    const expiresInSeconds = Math.min(scope.expiresSeconds ?? LIFETIME_SECONDS, LIFETIME_SECONDS)
    const grant: Grant = {
      clientId,
      accessToken: `${Date.now()}.${randomUUID()}`,
      refreshToken: `${Date.now()}.${randomUUID()}`,
      expiresInSeconds,
      expiresAtMs: this.#clock.nowMs() + expiresInSeconds * 1000,
      scope,
    }
    addBounded(this.#grants, grant, MAX_GRANTS)
    if (scope.sessionName !== null) this.#evictOldestSession(clientId)
    return grant
  }

  #evictOldestSession(clientId: string): void {
    const sessions = [...this.#grants].filter(
      (grant) => grant.clientId === clientId && grant.scope.sessionName !== null,
    )
    const [oldest] = sessions
    if (sessions.length > MAX_NAMED_SESSIONS && oldest !== undefined) this.#grants.delete(oldest)
  }
}

function addBounded<T>(items: Set<T>, item: T, max: number): void {
  items.add(item)
  const [oldest] = items
  if (items.size > max && oldest !== undefined) items.delete(oldest)
}

function refused(): RpcError {
  return new RpcError(13004, 'invalid_credentials')
}

function invalidToken(): RpcError {
  return new RpcError(13009, 'unauthorized', { reason: 'invalid_token' })
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Scope that a login requested. */
interface Scope {
  readonly text: string
  /** `session:name`; null for a token that is valid only on its connection. */
  readonly sessionName: string | null
  /** `expires:N`; null if not requested. */
  readonly expiresSeconds: number | null
}

/** Parses a space-separated scope; unknown words are granted unchanged. */
function parseScope(text: string): Scope {
  const scopes = text.split(' ').filter((scope) => scope !== '')
  const valueOf = (name: string): string | null =>
    scopes.find((scope) => scope.startsWith(`${name}:`))?.slice(name.length + 1) ?? null
  const expires = valueOf('expires')
  const seconds = Number(expires)
  const granted = scopes.includes('connection') || valueOf('session') !== null
  return {
    text: [...(granted ? [] : ['connection']), 'mainaccount', ...scopes].join(' '),
    sessionName: valueOf('session'),
    expiresSeconds: expires !== null && Number.isInteger(seconds) && seconds > 0 ? seconds : null,
  }
}

/** Sender of a request: a connection, or one HTTP request. */
export interface Caller {
  readonly isLoggedIn: boolean
  /** Owner of the credits that a request costs. */
  readonly creditOwner: string
  logIn(grant: Grant): void
  /** Called when it sent `public/test`. */
  onTest(): void
}

/** Returns the owner of the credits: the account of a login, else the address. */
export function creditOwnerOf(grant: Grant | null, address: string): string {
  return grant === null ? `address ${address}` : `account ${grant.clientId}`
}
