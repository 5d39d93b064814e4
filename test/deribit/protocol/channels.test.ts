import { describe, expect, it } from 'vitest'
import {
  bookChannel,
  chunkChannels,
  tradesChannel,
} from '../../../src/deribit/protocol/channels.ts'
import { MessageParser } from '../../../src/deribit/protocol/parse-message.ts'

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

const BTC = 'BTC-PERPETUAL'
const frame = (channel: string) =>
  `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":{}}}`
const peek = (text: string, instrument = BTC) =>
  new MessageParser().groupedChannelOf(Buffer.from(text), instrument)

describe('the channel of an unparsed frame', () => {
  it.each(['book.BTC-PERPETUAL.none.10.100ms', 'book.BTC-PERPETUAL.5.20.agg2'])(
    'is read from a grouped snapshot: %s',
    (channel) => {
      expect(peek(frame(channel))).toBe(channel)
    },
  )

  it.each([
    ['an incremental channel', frame('book.BTC-PERPETUAL.100ms')],
    ['trades', frame('trades.BTC-PERPETUAL.100ms')],
    ['another instrument', frame('book.ETH-PERPETUAL.none.10.100ms')],
    ['an unknown channel', frame('book.BTC-PERPETUAL.none.7.100ms')],
    ['a name without an end', frame(`book.BTC-PERPETUAL.${'9'.repeat(200)}.10.100ms`)],
    ['another order of keys', `{"params":{"channel":"book.BTC-PERPETUAL.none.10.100ms"}}`],
    ['white space', frame('book.BTC-PERPETUAL.none.10.100ms').replace(':', ': ')],
    ['no JSON', 'book.BTC-PERPETUAL.none.10.100ms'],
    ['nothing', ''],
  ])('is not read from %s', (_what, text) => {
    expect(peek(text)).toBeNull()
  })
})
