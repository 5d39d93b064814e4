import type { RecordParser } from '../../model/frames.ts'
import { parseChannel } from './channels.ts'
import {
  type DeribitMessage,
  invalid,
  isObject,
  type JsonObject,
  type ResponseError,
} from './messages.ts'
import { parseGrouped, parseIncremental } from './parse-book.ts'
import { parseTrades } from './parse-trades.ts'
import { BookScanner } from './scan-book.ts'

/**
 * Parses and classifies a message of the exchange. Accepts any key order, unknown fields and number format;
 * validates all fields that it returns. The socket limits the size. Never throws.
 * @param bytes one WebSocket message, UTF-8 JSON
 */
export function parseMessage(bytes: Buffer): DeribitMessage {
  let message: unknown
  try {
    message = JSON.parse(bytes.toString('utf8'))
  } catch {
    return invalid('json')
  }
  if (!isObject(message)) return invalid('schema')
  const method = message['method']
  if (method === 'subscription') return parseNotification(message['params'])
  if (method === 'heartbeat') return parseHeartbeat(message['params'])
  if (method !== undefined) return invalid('unknown_method')
  return parseResponse(message)
}

function parseNotification(params: unknown): DeribitMessage {
  if (!isObject(params) || typeof params['channel'] !== 'string') return invalid('schema')
  const { channel, data } = params as { channel: string; data?: unknown }
  const parsed = parseChannel(channel)
  switch (parsed.kind) {
    case 'grouped':
      return (
        parseGrouped(channel, parsed.instrument, parsed.depth, data) ?? invalid('schema', channel)
      )
    case 'incremental':
      return parseIncremental(channel, parsed.instrument, data) ?? invalid('schema', channel)
    case 'trades':
      return parseTrades(channel, parsed.instrument, data) ?? invalid('schema', channel)
    case 'other':
      return { type: 'notification', channel, data }
  }
}

function parseHeartbeat(params: unknown): DeribitMessage {
  if (!isObject(params)) return invalid('schema')
  if (params['type'] === 'test_request') return { type: 'test_request' }
  return params['type'] === 'heartbeat' ? { type: 'heartbeat' } : invalid('schema')
}

/** Parses a response. Errors without `id` are part of the protocol: malformed text, oversize calls, maintenance. */
function parseResponse(message: JsonObject): DeribitMessage {
  const { id, result, usIn, usOut } = message
  // Tolerates both members if one of them is null.
  const error = message['error'] ?? undefined
  if (result === undefined && error === undefined) return invalid('schema')
  const parsedError = error === undefined ? null : parseError(error)
  if (error !== undefined && parsedError === null) return invalid('schema')
  return {
    type: 'response',
    id: typeof id === 'number' ? id : null,
    result,
    error: parsedError,
    usIn: typeof usIn === 'number' ? usIn : null,
    usOut: typeof usOut === 'number' ? usOut : null,
  }
}

function parseError(error: unknown): ResponseError | null {
  if (!isObject(error) || typeof error['code'] !== 'number') return null
  const { code, message, data } = error as { code: number; message?: unknown; data?: unknown }
  return { code, message: typeof message === 'string' ? message : '', detail: detailOf(data) }
}

function detailOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (!isObject(data)) return ''
  return [data['param'], data['reason']].filter((part) => typeof part === 'string').join(': ')
}

/**
 * Parses messages of the exchange and records of the topics. Reads book notifications from their
 * bytes where it can; everything else is parsed by `parseMessage`, with the same result. Each reader
 * needs a parser of its own: the levels of a frame are overwritten by the next one.
 */
export class MessageParser {
  readonly #scanner = new BookScanner()

  /**
   * Parses and classifies a message. Never throws.
   * @param bytes one WebSocket message, UTF-8 JSON
   */
  parse(bytes: Buffer): DeribitMessage {
    return this.#scanner.scan(bytes) ?? parseMessage(bytes)
  }

  /**
   * Reads the channel of a grouped snapshot from its start, without parsing the rest; null for every
   * other message, and for one that is not laid out as the exchange does it.
   * @param instrument null too for snapshots of other instruments. Default: of any
   */
  readonly groupedChannelOf = (bytes: Uint8Array, instrument?: string): string | null =>
    this.#scanner.groupedChannelOf(bytes, instrument)

  /**
   * Parses a record value of the topics: a book or trades notification exactly as the exchange sent
   * it. Never throws.
   */
  readonly parseRecord: RecordParser = (value) => {
    const bytes = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    const message = this.parse(bytes)
    switch (message.type) {
      case 'book':
      case 'trades':
        return { ok: true, frame: message }
      case 'notification':
        return { ok: false, problem: 'unknown_channel' }
      case 'invalid':
        return { ok: false, problem: message.reason === 'json' ? 'json' : 'schema' }
      case 'response':
      case 'heartbeat':
      case 'test_request':
        return { ok: false, problem: 'schema' }
    }
  }
}
