import type { BookFrame, TradesFrame } from '../../model/frames.ts'

/** Why a text of the exchange is not taken. */
export type InvalidReason = 'json' | 'schema' | 'unknown_method'

export interface InvalidMessage {
  readonly type: 'invalid'
  readonly reason: InvalidReason
  /** The channel it claims to be of, where that much could be read. */
  readonly channel: string | null
}

/** An answer to a request, or an error without id: unreadable text, oversize frame, maintenance. */
export interface ResponseMessage {
  readonly type: 'response'
  readonly id: number | null
  readonly result: unknown
  readonly error: ResponseError | null
  /** Exchange clock in microseconds at receipt of the request and at sending; null if not given. */
  readonly usIn: number | null
  readonly usOut: number | null
}

export interface ResponseError {
  readonly code: number
  readonly message: string
  /** `data.reason` and `data.param`, or the text of `data`; empty where there is none. */
  readonly detail: string
}

/** Everything that the exchange sends, named. */
export type DeribitMessage =
  | BookFrame
  | TradesFrame
  | ResponseMessage
  | InvalidMessage
  | { readonly type: 'heartbeat' }
  | { readonly type: 'test_request' }
  /** A notification of a channel that carries no book and no trades. */
  | { readonly type: 'notification'; readonly channel: string; readonly data: unknown }

/** `invalid`, made once for each reason as garbage may come in floods. */
export function invalid(reason: InvalidReason, channel: string | null = null): InvalidMessage {
  return { type: 'invalid', reason, channel }
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Ids and epoch ms: whole, not negative, exact in a double. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
