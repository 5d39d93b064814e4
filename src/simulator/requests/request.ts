import type { RequestClass } from '../rate-limiter.ts'
import { invalidParams } from '../rpc-error.ts'
import type { Session } from '../session.ts'
import type { Venue } from '../venue.ts'

export type Params = Readonly<Record<string, unknown>>

export interface Call {
  readonly session: Session
  readonly params: Params
  readonly venue: Venue
}

export interface Answer {
  readonly result: unknown
  /** Done once the answer has been sent. */
  after?(): void
}

interface RequestMethod {
  /** Default: `default`. */
  readonly requestClass?: RequestClass
  /** @throws RpcError for an error answer */
  run(call: Call): Answer
}

export type RequestMethods = Readonly<Record<string, RequestMethod>>

/** A required text parameter. */
export function textParam(params: Params, name: string): string {
  const value = params[name]
  if (value === undefined) throw invalidParams(name, 'value required')
  if (typeof value !== 'string') throw invalidParams(name, 'value must be a string')
  return value
}
