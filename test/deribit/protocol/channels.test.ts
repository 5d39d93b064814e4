import { describe, expect, it } from 'vitest'
import {
  bookChannel,
  chunkChannels,
  tradesChannel,
} from '../../../src/deribit/protocol/channels.ts'

describe('names of channels', () => {
  it('are those of the exchange', () => {
    const grouped = { mode: 'grouped', group: 'none', depth: 10, interval: '100ms' } as const
    expect(bookChannel('BTC-PERPETUAL', grouped)).toBe('book.BTC-PERPETUAL.none.10.100ms')
    const changes = { mode: 'incremental', interval: 'raw' } as const
    expect(bookChannel('BTC-PERPETUAL', changes)).toBe('book.BTC-PERPETUAL.raw')
    expect(tradesChannel('BTC-PERPETUAL', 'agg2')).toBe('trades.BTC-PERPETUAL.agg2')
  })
})

describe('calls for many channels', () => {
  const request = (channels: readonly string[]) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 999_999,
      method: 'public/unsubscribe',
      params: { channels },
    })

  it.each([
    ['short names', 3000, (number: number) => `quote.A-${number}`],
    ['ordinary names', 6000, (number: number) => `book.BTC-25DEC26-${number}-C.none.10.100ms`],
    [
      'the longest names',
      1000,
      (number: number) => `book.${String(number).padEnd(64, 'X')}.none.10.100ms`,
    ],
  ])(
    'have at most 500 channels and 30,000 bytes, and every channel once: %s',
    (_what, count, name) => {
      const channels = Array.from({ length: count }, (_, number) => name(number))
      const calls = chunkChannels(channels)
      expect(calls.flat()).toEqual(channels)
      for (const call of calls) {
        expect(call.length).toBeLessThanOrEqual(500)
        expect(Buffer.byteLength(JSON.stringify(call))).toBeLessThanOrEqual(30_001)
        expect(Buffer.byteLength(request(call))).toBeLessThan(32_000)
      }
    },
  )

  it('are as few as possible', () => {
    const channels = Array.from({ length: 1001 }, (_, number) => `c${number}`)
    expect(chunkChannels(channels).map(({ length }) => length)).toEqual([500, 500, 1])
    expect(chunkChannels([])).toEqual([])
  })
})
