import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MessageParser } from '../../src/deribit/protocol/parse-message.ts'
import { type RecordedBook, recordedFrames, type RecordedRow } from '../support/recorded-frames.ts'
import { needsRecordings, recordingPath, recordingsAvailable } from '../support/recordings.ts'

function names(): string[] {
  if (!recordingsAvailable) return []
  return readdirSync(recordingPath('.')).filter((name) => /\.jsonl(\.gz)?$/.test(name))
}

/** What a frame must be parsed into, derived from its text alone. */
function expectedType(raw: string): string {
  const { id, method, params, error } = JSON.parse(raw) as {
    id?: number
    method?: string
    params?: { channel?: string; type?: string }
    error?: object
  }
  if (method === 'heartbeat') return params?.type ?? 'none'
  if (id !== undefined || error !== undefined) return 'response'
  const [family = '', , ...rest] = (params?.channel ?? '').split('.')
  if (family === 'book') return 'book'
  if (family !== 'trades' || rest.length !== 1) return 'notification'
  // One recording was rebuilt from a copy that had lost this member; the exchange always sends it.
  return raw.includes('"trade_seq"') ? 'trades' : 'invalid'
}

describe('every frame that was recorded from the exchange', needsRecordings(), () => {
  it('is found', () => {
    expect(names().length).toBeGreaterThanOrEqual(8)
  })

  it.each(names())('is recognised as its kind of message: %s', (name) => {
    const frames = recordedFrames(name)
    expect(frames.length).toBeGreaterThan(0)
    const parser = new MessageParser()
    for (const raw of frames) {
      const bytes = Buffer.from(raw)
      const message = parser.parse(bytes)
      const expected = expectedType(raw)
      expect(message.type, raw.slice(0, 300)).toBe(expected)
      const isRecord = expected === 'book' || expected === 'trades'
      expect(parser.parseRecord(bytes).ok, raw.slice(0, 300)).toBe(isRecord)
    }
  })

  it.each(names())('keeps every level and its numbers: %s', (name) => {
    const parser = new MessageParser()
    for (const raw of recordedFrames(name)) {
      const message = parser.parse(Buffer.from(raw))
      if (message.type !== 'book') continue
      const { params } = JSON.parse(raw) as { params: { data: RecordedBook } }
      const { bids, asks, change_id: changeId, timestamp } = params.data
      expect(message.changeId).toBe(changeId)
      expect(message.exchangeTimeMs).toBe(timestamp)
      expect([...message.bids]).toEqual(bids.map(plainLevel))
      expect([...message.asks]).toEqual(asks.map(plainLevel))
    }
  })
})

function plainLevel(row: RecordedRow): [number, number] {
  if (row.length === 2) return row
  return [row[1], row[0] === 'delete' ? 0 : row[2]]
}
