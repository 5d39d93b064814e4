import type { Accounts, Caller } from './accounts.ts'
import type { ChannelHub } from '../channels/hub.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { ExchangeClock } from '../market/exchange-time.ts'
import type { Exchange } from '../market/market.ts'
import type { PlatformState } from '../market/platform.ts'
import type { Random } from '../market/random.ts'
import type { RequestClass } from '../server/rate-limiter.ts'
import type { Session } from '../server/session.ts'
import { invalidParams, type Params } from './envelope.ts'

export interface Call {
  readonly caller: Caller
  readonly params: Params
  readonly context: RequestContext
}

/** A call over WebSocket. */
export interface SessionCall extends Call {
  readonly session: Session
}

export interface Answer {
  readonly result: unknown
  /** Called after the answer has been sent. */
  after?(): void
}

interface MethodFacts {
  /** Default: `default`. */
  readonly requestClass?: RequestClass
}

/** A method that is available over HTTP and WebSocket. */
interface AnywhereMethod extends MethodFacts {
  readonly needsWebSocket?: false
  /** Runs the method. @throws RpcError for an error answer */
  run(call: Call): Answer
}

/** A method of a connection; over HTTP it is answered 10030. */
interface WebSocketMethod extends MethodFacts {
  readonly needsWebSocket: true
  /** Runs the method. @throws RpcError for an error answer */
  run(call: SessionCall): Answer
}

export type RequestMethod = AnywhereMethod | WebSocketMethod

export type RequestMethods = Readonly<Record<string, RequestMethod>>

/** Reads a required string parameter. @throws RpcError -32602 */
export function textParam(params: Params, name: string): string {
  const value = optionalText(params, name)
  if (value === undefined) throw invalidParams(name, 'value required')
  return value
}

/** Reads an optional string parameter. @throws RpcError -32602 for a value that is not a string */
export function optionalText(params: Params, name: string): string | undefined {
  const value = params[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalidParams(name, 'value must be a string')
}

/** Reads an integer, or its digits as a string. @throws RpcError -32602 for anything else */
export function optionalInteger(params: Params, name: string): number | undefined {
  const value = params[name]
  if (value === undefined) return undefined
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (Number.isSafeInteger(number)) return number as number
  throw invalidParams(name, 'value must be an integer')
}

/** Reads `true` or `false`, also as a string. @throws RpcError -32602 for anything else */
export function flagParam(params: Params, name: string): boolean {
  const value = params[name] ?? false
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw invalidParams(name, 'value must be a boolean')
}

/** Dependencies of the methods. */
export interface RequestContext {
  readonly clock: ExchangeClock
  readonly exchange: Exchange
  readonly hub: ChannelHub
  readonly accounts: Accounts
  readonly faults: FaultBoard
  readonly platform: PlatformState
  readonly random: Random
  readonly isRawOpen: boolean
}
