import { authMethods, sessionMethods, subscriptionMethods } from './session-methods.ts'
import type { RateLimiter } from '../server/rate-limiter.ts'
import type { Session } from '../server/session.ts'
import type { Caller } from './accounts.ts'
import {
  errorText,
  namedParams,
  readRequest,
  type RequestId,
  resultText,
  RpcError,
  type RpcRequest,
} from './envelope.ts'
import { marketMethods, summaryMethods } from './market-methods.ts'
import type { Answer, RequestContext, RequestMethod, RequestMethods } from './request.ts'

const CLOSE_TOO_MANY = 1008

export interface DispatcherOptions {
  isTestnet: boolean
  maxRequestBytes: number
}

export interface DispatcherDeps {
  context: RequestContext
  limiter: RateLimiter
}

/** An answer in the exchange's envelope, ready to send. */
export interface Reply {
  readonly text: string
  /** null for a result. */
  readonly error: RpcError | null
}

const METHODS: RequestMethods = {
  ...sessionMethods,
  ...subscriptionMethods,
  ...marketMethods,
  ...summaryMethods,
  ...authMethods,
}

/** Runs the requests of clients and answers them, including errors with and without `id`. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #deps: DispatcherDeps

  constructor(options: DispatcherOptions, deps: DispatcherDeps) {
    this.#options = options
    this.#deps = deps
  }

  /**
   * Answers a frame of a WebSocket on its session.
   * @param receivedUs exchange clock at receipt, epoch microseconds
   */
  handle(session: Session, data: Buffer, receivedUs: number): void {
    session.onRequest()
    let id: RequestId | undefined
    try {
      const request = readRequest(data, this.#options.maxRequestBytes)
      id = request.id
      const answer = this.#run(session, session, request)
      if (answer === null) return
      session.send(resultText(this.#facts(id, receivedUs), answer.result))
      answer.after?.()
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      session.send(errorText(this.#facts(id, receivedUs), error))
      if (error.isFatal) session.close(CLOSE_TOO_MANY, error.message)
    }
  }

  /**
   * Answers a request over HTTP.
   * @param read returns the request; its RpcError is answered without an id
   * @param receivedUs exchange clock at receipt, epoch microseconds
   */
  answer(caller: Caller, read: () => RpcRequest, receivedUs: number): Reply {
    let id: RequestId | undefined
    try {
      const request = read()
      id = request.id
      const result = this.#run(caller, null, request)?.result
      return { text: resultText(this.#facts(id, receivedUs), result), error: null }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      return { text: errorText(this.#facts(id, receivedUs), error), error }
    }
  }

  /** Returns the answer; null if a scenario suppresses it. */
  #run(caller: Caller, session: Session | null, { method, params }: RpcRequest): Answer | null {
    const { context, limiter } = this.#deps
    const found = findMethod(method)
    const requestClass = found?.requestClass ?? 'default'
    const isExhausted = context.faults.find('rate-limit') !== null
    if (isExhausted || !limiter.tryAcquire(caller.creditOwner, requestClass)) {
      throw new RpcError(10028, 'too_many_requests', undefined, true)
    }
    refuseForNow(context, caller, String(method))
    if (found === null) throw new RpcError(-32601, 'Method not found')
    const call = { caller, params: namedParams(params), context }
    if (found.needsWebSocket !== true) return found.run(call)
    if (session === null) throw new RpcError(10030, 'must_be_websocket_request')
    if (requestClass === 'subscribe' && context.faults.find('no-ack')?.instruments === null)
      return null
    return found.run({ ...call, session })
  }

  #facts(
    id: RequestId | undefined,
    usIn: number,
  ): { id: RequestId | undefined; usIn: number; usOut: number; isTestnet: boolean } {
    const usOut = Math.max(usIn, this.#deps.context.clock.nowUs())
    return { id, usIn, usOut, isTestnet: this.#options.isTestnet }
  }
}

function findMethod(name: unknown): RequestMethod | null {
  const isKnown = typeof name === 'string' && Object.hasOwn(METHODS, name)
  return isKnown ? (METHODS[name] ?? null) : null
}

/** Errors caused by the state of the exchange, not by the request. */
function refuseForNow(context: RequestContext, caller: Caller, method: string): void {
  if (context.platform.isInMaintenance) throw new RpcError(11051, 'system_maintenance')
  if (method === 'public/test') return
  if (context.faults.find('server-error') !== null)
    throw new RpcError(11094, 'internal_server_error')
  const needsAnonymous = !caller.isLoggedIn && method !== 'public/auth'
  if (needsAnonymous && context.faults.find('public-disabled') !== null) {
    throw new RpcError(11056, 'unauthenticated_public_requests_temporarily_disabled')
  }
}
