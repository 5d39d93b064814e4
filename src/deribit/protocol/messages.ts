import type { BookFrame, TradesFrame } from '../../model/frames.ts'

/** Why a message of the exchange is rejected. */
export type InvalidReason = 'json' | 'schema' | 'unknown_method'

export interface InvalidMessage {
  readonly type: 'invalid'
  readonly reason: InvalidReason
  /** The channel named in the message, if that could be parsed. */
  readonly channel: string | null
}

/** A response to a request, or an error without id: malformed text, oversize frame, maintenance. */
export interface ResponseMessage {
  readonly type: 'response'
  readonly id: number | null
  readonly result: unknown
  readonly error: ResponseError | null
  /** Exchange clock in microseconds at receipt of the request and at sending; null if missing. */
  readonly usIn: number | null
  readonly usOut: number | null
}

export interface ResponseError {
  readonly code: number
  readonly message: string
  /** `data.reason` and `data.param`, or the text of `data`; empty if there is none. */
  readonly detail: string
}

/** A classified message of the exchange. */
export type DeribitMessage =
  | BookFrame
  | TradesFrame
  | ResponseMessage
  | InvalidMessage
  | { readonly type: 'heartbeat' }
  | { readonly type: 'test_request' }
  /** A notification of a channel without book or trades. */
  | { readonly type: 'notification'; readonly channel: string; readonly data: unknown }

export function invalid(reason: InvalidReason, channel: string | null = null): InvalidMessage {
  return { type: 'invalid', reason, channel }
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value is a valid id or epoch time: a non-negative safe integer. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
