import type { ParsedRecord } from '../model/frame.ts'
import { parseMessage } from './parse-message.ts'

/**
 * Reads a record value of the topics: a book or trades notification exactly as the exchange sent it.
 * Never throws. Implements `RecordParser`.
 */
export function parseRecordValue(value: Uint8Array): ParsedRecord {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const message = parseMessage(bytes)
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
