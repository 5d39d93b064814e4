import { describe, expect, it } from 'vitest'
import { peekGroupedChannel } from '../../../src/deribit/protocol/peek-channel.ts'

const BTC = 'BTC-PERPETUAL'
const frame = (channel: string) =>
  `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":{}}}`
const peek = (text: string, instrument = BTC) => peekGroupedChannel(Buffer.from(text), instrument)

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
