import { describe, expect, it } from 'vitest'
import { bookTemplate } from '../../bench/frame-template.ts'
import { groupedFrame } from '../../src/simulator/wire/book-frame.ts'

const CHANNEL = 'book.BTC-PERPETUAL.none.10.100ms'
const TEXT = groupedFrame(
  { channel: CHANNEL, instrument: 'BTC-PERPETUAL', timestampMs: 1_790_000_000_000, changeId: 7 },
  '[[60000.5,120.0]]',
  '[[60001.0,30.0]]',
  200,
)
const HEADER_BYTES = 4

interface Notification {
  params: { data: { timestamp: number; change_id: number; bids: number[][]; asks: number[][] } }
}

function read(frame: Buffer) {
  return JSON.parse(frame.toString('utf8', HEADER_BYTES)) as Notification
}

describe('frames of the benchmark', () => {
  it('have the time, a growing change id and another amount, and are JSON', () => {
    const template = bookTemplate(TEXT)
    expect(template?.channel).toBe(CHANNEL)
    const first = template?.next(1_790_000_000_123)
    if (template === null || first === undefined) throw new Error('expected a template')
    const { params } = read(first)
    expect(params.data.timestamp).toBe(1_790_000_000_123)
    const next = read(template.next(1_790_000_000_999)).params.data
    expect(next.timestamp).toBe(1_790_000_000_999)
    expect(next.change_id).toBe(params.data.change_id + 1)
    expect(next.bids[0]?.[0]).toBe(60_000.5)
    expect(next.bids[0]?.[1]).not.toBe(params.data.bids[0]?.[1])
    expect(next.asks).toEqual([[60_001, 30]])
  })

  it('carry a WebSocket header of their length', () => {
    const frame = bookTemplate(TEXT)?.next(1_790_000_000_123)
    expect(frame?.readUInt16BE(0)).toBe(0x81_7e)
    expect(frame?.readUInt16BE(2)).toBe((frame?.length ?? 0) - HEADER_BYTES)
  })

  it('have the usual layout where the simulator varied it', () => {
    const { params } = JSON.parse(TEXT) as Notification
    const varied = {
      params: { ...params, sim_unknown: {} },
      method: 'subscription',
      jsonrpc: '2.0',
    }
    const text = JSON.stringify(varied)
    const frame = bookTemplate(text)?.next(1_790_000_000_123)
    const usual = bookTemplate(TEXT)?.next(1_790_000_000_123)
    expect(frame?.toString('utf8', HEADER_BYTES)).toMatch(
      /^{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book\./,
    )
    if (frame === undefined || usual === undefined) throw new Error('expected a template')
    expect(read(frame)).toEqual(read(usual))
  })

  it('are made of book notifications only', () => {
    expect(bookTemplate('{"jsonrpc":"2.0","id":1,"result":[]}')).toBeNull()
  })
})
