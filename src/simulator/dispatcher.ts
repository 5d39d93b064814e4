import { authMethods } from './auth/auth-method.ts'
import { errorText, resultText, type RequestId } from './envelope.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { marketMethods } from './requests/market-methods.ts'
import type { Answer, Params, RequestMethods } from './requests/request.ts'
import { sessionMethods } from './requests/session-methods.ts'
import { subscriptionMethods } from './requests/subscription-methods.ts'
import { RpcError } from './rpc-error.ts'
import type { Session } from './session.ts'
import type { Venue } from './venue.ts'

const CLOSE_TOO_MANY = 1008

export interface DispatcherOptions {
  isTestnet: boolean
  maxRequestBytes: number
}

export interface DispatcherDeps {
  venue: Venue
  limiter: RateLimiter
}

interface Request {
  readonly id: RequestId | undefined
  readonly method: unknown
  readonly params: unknown
}

const METHODS: RequestMethods = {
  ...sessionMethods,
  ...subscriptionMethods,
  ...marketMethods,
  ...authMethods,
}

/** Reads what clients send and answers it, errors with and without `id` included. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #deps: DispatcherDeps

  constructor(options: DispatcherOptions, deps: DispatcherDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** @param receivedUs exchange clock at receipt, epoch microseconds */
  handle(session: Session, data: Buffer, receivedUs: number): void {
    session.onRequest()
    let id: RequestId | undefined
    try {
      const request = this.#read(data)
      id = request.id
      const answer = this.#run(session, request)
      if (answer === null) return
      session.send(resultText(this.#facts(id, receivedUs), answer.result))
      answer.after?.()
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      session.send(errorText(this.#facts(id, receivedUs), error))
      if (error.isFatal) session.close(CLOSE_TOO_MANY, error.message)
    }
  }

  #read(data: Buffer): Request {
    if (data.length > this.#options.maxRequestBytes) {
      throw new RpcError(-32600, 'request entity too large')
    }
    let request: unknown
    try {
      request = JSON.parse(data.toString('utf8'))
    } catch {
      throw new RpcError(11050, 'bad_request', 'invalid json')
    }
    // Batches are not supported.
    if (!isObject(request)) throw new RpcError(11050, 'bad_request', 'invalid request')
    const { id, method, params } = request
    const isId = typeof id === 'string' || typeof id === 'number'
    return { id: isId ? id : undefined, method, params }
  }

  /** null where a scenario leaves the request without an answer. */
  #run(session: Session, { method, params = {} }: Request): Answer | null {
    const { venue, limiter } = this.#deps
    const found =
      typeof method === 'string' && Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
    const requestClass = found?.requestClass ?? 'default'
    const isExhausted = venue.faults.find('rate-limit') !== null
    if (isExhausted || !limiter.take(session.creditOwner, requestClass)) {
      throw new RpcError(10028, 'too_many_requests', undefined, true)
    }
    refuseForNow(venue, session, String(method))
    if (found === undefined) throw new RpcError(-32601, 'Method not found')
    if (!isObject(params)) throw new RpcError(-32602, 'Invalid params')
    if (requestClass === 'subscribe' && venue.faults.find('no-ack')?.instruments === null)
      return null
    return found.run({ session, params, venue })
  }

  #facts(
    id: RequestId | undefined,
    usIn: number,
  ): { id: RequestId | undefined; usIn: number; usOut: number; isTestnet: boolean } {
    const usOut = Math.max(usIn, this.#deps.venue.clock.nowUs())
    return { id, usIn, usOut, isTestnet: this.#options.isTestnet }
  }
}

/** Errors that say more about the exchange than about the request. */
function refuseForNow(venue: Venue, session: Session, method: string): void {
  if (venue.platform.isInMaintenance) throw new RpcError(11051, 'system_maintenance')
  if (method === 'public/test') return
  if (venue.faults.find('server-error') !== null) throw new RpcError(11094, 'internal_server_error')
  const needsAnonymous = !session.isLoggedIn && method !== 'public/auth'
  if (needsAnonymous && venue.faults.find('public-disabled') !== null) {
    throw new RpcError(11056, 'unauthenticated_public_requests_temporarily_disabled')
  }
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
