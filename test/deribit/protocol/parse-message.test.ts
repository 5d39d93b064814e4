import { describe, expect, it } from 'vitest'
import { MessageParser, parseMessage } from '../../../src/deribit/protocol/parse-message.ts'
import { MAX_PAYLOAD_BYTES } from '../../../src/deribit/socket/rpc-socket.ts'
import type { TradesFrame } from '../../../src/model/frames.ts'
import * as frames from '../../support/frames.ts'
import { plain, type PlainFrame } from '../../support/plain-frame.ts'

const parser = new MessageParser()

/** Parses a message, and checks that reading it from its bytes gives the same. */
function parse(text: string) {
  const bytes = Buffer.from(text)
  const message = plain(parseMessage(bytes))
  const read = plain(parser.parse(bytes))
  if (read.type === 'book') expect(read).toStrictEqual(message)
  else expect(read.type).toBe(message.type)
  return message
}
const invalid = (reason: string, channel: string | null = null) => ({
  type: 'invalid',
  reason,
  channel,
})

/** The same JSON with the members of every object in reverse order. */
function reversed(text: string): string {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, turn(member)]),
    )
  }
  return JSON.stringify(turn(JSON.parse(text)))
}

/** The same frame with one member of `data` replaced (by JSON text), or removed (null). */
function withData(text: string, member: string, json: string | null): string {
  const message = JSON.parse(text) as { params: { data: Record<string, unknown> } }
  if (json === null) delete message.params.data[member]
  else message.params.data[member] = '@@'
  return JSON.stringify(message).replace('"@@"', json ?? '')
}

describe('a snapshot of the grouped channel', () => {
  const GROUPED = frames.groupedSnapshot({
    changeId: 71_000_000_020,
    exchangeTimeMs: 1_790_000_002_000,
  })
  const expected: PlainFrame = {
    type: 'book',
    kind: 'grouped',
    channel: frames.BTC_GROUPED,
    instrument: frames.BTC,
    exchangeTimeMs: 1_790_000_002_000,
    changeId: 71_000_000_020,
    prevChangeId: null,
    maxLevels: 10,
    bids: frames.BIDS,
    asks: frames.ASKS,
  }

  it('is parsed completely', () => {
    expect(parse(GROUPED)).toEqual(expected)
  })

  it('is parsed the same in any order of its members', () => {
    expect(parse(reversed(GROUPED))).toEqual(expected)
  })

  it('is parsed the same with unknown members', () => {
    const more = withData(GROUPED, 'starbase_ns', '1790000000000000001').replace(
      '"jsonrpc":"2.0"',
      '"jsonrpc":"2.0","testnet":false,"future":{"deep":[null]}',
    )
    expect(parse(more)).toEqual(expected)
  })

  it('is parsed the same in every notation of its numbers', () => {
    const text = frames.notification(
      frames.BTC_GROUPED,
      '{"timestamp":1.790000002e12,"instrument_name":"BTC-PERPETUAL","change_id":71000000020.0,"bids":[[6.1e4,2.5E+4],[60999.50,10]],"asks":[[61000.5,1.8e4],[6.1002e4,4.00e2]]}',
    )
    expect(parse(text)).toEqual(expected)
  })

  it.each([
    ['none.1.100ms', 1],
    ['none.10.agg2', 10],
    ['none.20.100ms', 20],
    ['5.10.100ms', 10],
    ['250.20.agg2', 20],
  ])('is known in the channel variant %s, with the levels it shows', (variant, maxLevels) => {
    const channel = `book.${frames.ETH}.${variant}`
    const frame = parse(frames.groupedSnapshot({ instrument: frames.ETH, channel }))
    expect(frame).toMatchObject({
      type: 'book',
      kind: 'grouped',
      channel,
      instrument: frames.ETH,
      maxLevels,
    })
  })

  it.each([
    ['an option', 'BTC-25DEC26-90000-C'],
    ['a strike with a decimal point', 'XRP_USDC-25DEC26-0d625-C'],
    ['a spot pair', 'BTC_USDC'],
    ['a day without leading zero', 'ETH-5JAN27-2500-P'],
  ])('is read for %s, the name unchanged', (_what, instrument) => {
    expect(parse(frames.groupedSnapshot({ instrument }))).toMatchObject({
      kind: 'grouped',
      instrument,
    })
  })

  it('may be empty on either side', () => {
    expect(parse(frames.groupedSnapshot({ bids: [], asks: [] }))).toMatchObject({
      bids: [],
      asks: [],
    })
  })

  it('is returned with invalid levels, which are validated later', () => {
    const text = frames.notification(
      frames.BTC_GROUPED,
      '{"timestamp":1,"instrument_name":"BTC-PERPETUAL","change_id":1,"bids":[[1e999,-5]],"asks":[[-2e400,0]]}',
    )
    expect(parse(text)).toMatchObject({ bids: [[Infinity, -5]], asks: [[-Infinity, 0]] })
  })

  it.each([
    [
      'timestamp',
      [null, 'null', '"1790000002000"', '1790000002000.5', '-1', '1e999', '9007199254740993', '[]'],
    ],
    ['change_id', [null, 'null', '"7"', '7.5', '-7', '1e999', '1e16', '{}']],
    ['instrument_name', [null, 'null', '"ETH-PERPETUAL"', '"btc-perpetual"', '7']],
    [
      'bids',
      [
        null,
        'null',
        '{}',
        '"[]"',
        '[1,2]',
        '[[1]]',
        '[[1,2,3]]',
        '[["1",2]]',
        '[[1,null]]',
        '[["new",1,2]]',
        '[{"0":1,"1":2}]',
      ],
    ],
    ['asks', [null, 'null', 'true', '[[1,2],[3]]', '[[1,2],null]']],
  ])('is rejected where %s is missing or wrong', (member, wrong) => {
    for (const json of wrong) {
      expect(parse(withData(GROUPED, member, json)), `${member}: ${json}`).toEqual(
        invalid('schema', frames.BTC_GROUPED),
      )
    }
  })

  it.each(['null', '[]', '"data"', '7', 'true'])('is rejected if its data is %s', (data) => {
    expect(parse(frames.notification(frames.BTC_GROUPED, data))).toEqual(
      invalid('schema', frames.BTC_GROUPED),
    )
  })

  it('is rejected without data', () => {
    const text = `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${frames.BTC_GROUPED}"}}`
    expect(parse(text)).toEqual(invalid('schema', frames.BTC_GROUPED))
  })

  it('is rejected if channel and data have different instruments', () => {
    const channel = `book.${frames.ETH}.none.10.100ms`
    expect(parse(frames.groupedSnapshot({ channel }))).toEqual(invalid('schema', channel))
  })
})

describe('a frame of an incremental channel', () => {
  it('is a snapshot if its type is snapshot', () => {
    expect(parse(frames.snapshot({ changeId: 5, exchangeTimeMs: 9 }))).toEqual({
      type: 'book',
      kind: 'snapshot',
      channel: frames.BTC_CHANGES,
      instrument: frames.BTC,
      exchangeTimeMs: 9,
      changeId: 5,
      prevChangeId: null,
      maxLevels: null,
      bids: frames.BIDS,
      asks: frames.ASKS,
    })
  })

  it('is a snapshot even with a prev_change_id', () => {
    expect(parse(frames.snapshot({ prevChangeId: 20 }))).toMatchObject({
      kind: 'snapshot',
      prevChangeId: 20,
    })
  })

  it('is a change with absolute amounts, in which a delete has amount 0', () => {
    const text = frames.change({
      changeId: 70_000_000_137,
      prevChangeId: 70_000_000_100,
      bids: [
        ['change', 61_000, 24_990],
        ['delete', 60_999.5, 10],
      ],
      asks: [['new', 61_001, 700]],
    })
    expect(parse(text)).toMatchObject({
      kind: 'change',
      changeId: 70_000_000_137,
      prevChangeId: 70_000_000_100,
      bids: [
        [61_000, 24_990],
        [60_999.5, 0],
      ],
      asks: [[61_001, 700]],
    })
  })

  it('is a snapshot if it is a change with prev_change_id 0', () => {
    const text = frames.change({ prevChangeId: 0, bids: [['new', 0.0105, 3]] })
    expect(parse(text)).toMatchObject({ kind: 'snapshot', prevChangeId: 0, bids: [[0.0105, 3]] })
  })

  it('may be a change without any level', () => {
    expect(parse(frames.change())).toMatchObject({ kind: 'change', bids: [], asks: [] })
  })

  it.each([
    ['a snapshot without prev_change_id', frames.snapshot(), 'snapshot'],
    ['a change with one', frames.change(), 'change'],
    ['a snapshot with prev_change_id 0', frames.change({ prevChangeId: 0 }), 'snapshot'],
  ])('without type, as until 2021, is %s', (_what, text, kind) => {
    expect(parse(withData(text, 'type', null))).toMatchObject({ kind })
  })

  it.each(['raw', '100ms', 'agg2'])('is recognised in the interval %s', (interval) => {
    const channel = `book.${frames.BTC}.${interval}`
    expect(parse(frames.snapshot({ channel }))).toMatchObject({ kind: 'snapshot', channel })
  })

  it('is parsed the same in any order of its members', () => {
    const text = frames.change({ bids: [['delete', 1, 0]] })
    expect(parse(reversed(text))).toEqual(parse(text))
  })

  it.each([
    ['type', ['"update"', '7', 'null', '{}']],
    ['prev_change_id', [null, '"7"', '-1', '7.5', '1e999', '[]']],
    [
      'bids',
      [
        null,
        '[[61000.0,5.0]]',
        '[["new",61000.0]]',
        '[["add",61000.0,5.0]]',
        '[["delete","61000.0",0.0]]',
        '[["new",61000.0,null]]',
        '[[null,61000.0,1.0]]',
        '[["new",61000.0,1.0,1.0]]',
      ],
    ],
    ['asks', [null, '{}', '["new",1,1]']],
    ['timestamp', [null, '"now"']],
    ['change_id', [null, '0.5']],
    ['instrument_name', [null, '"ETH-PERPETUAL"']],
  ])('is rejected where %s of a change is missing or wrong', (member, wrong) => {
    for (const json of wrong) {
      expect(parse(withData(frames.change(), member, json)), `${member}: ${json}`).toEqual(
        invalid('schema', frames.BTC_CHANGES),
      )
    }
  })
})

describe('a frame of trades', () => {
  it('is parsed completely, with the side of the taker', () => {
    const text = frames.trades([
      frames.trade({ seq: 301_000_001 }),
      frames.trade({ seq: 301_000_002, direction: 'sell', price: 61_001, amount: 100 }),
    ])
    const expected: TradesFrame = {
      type: 'trades',
      channel: frames.BTC_TRADES,
      instrument: frames.BTC,
      trades: [
        {
          instrument: frames.BTC,
          tradeSeq: 301_000_001,
          tradeId: '455000001',
          exchangeTimeMs: 1_790_000_000_005,
          price: 61_000.5,
          amount: 40,
          side: 'buy',
          markPrice: 60_999.7,
          indexPrice: 60_990.12,
          isBlock: false,
          isComboLeg: false,
        },
        {
          instrument: frames.BTC,
          tradeSeq: 301_000_002,
          tradeId: '455000002',
          exchangeTimeMs: 1_790_000_000_005,
          price: 61_001,
          amount: 100,
          side: 'sell',
          markPrice: 60_999.7,
          indexPrice: 60_990.12,
          isBlock: false,
          isComboLeg: false,
        },
      ],
    }
    expect(parse(text)).toEqual(expected)
    expect(parse(reversed(text))).toEqual(expected)
  })

  it('marks a trade that was part of a block', () => {
    const more = '"block_trade_id":"BLOCK-77","block_trade_leg_count":2,"combo_trade_id":1.5e3'
    expect(parse(frames.trades([frames.trade({ more })]))).toMatchObject({
      trades: [{ isBlock: true }],
    })
  })

  it.each([
    ['a leg of a combo', '"combo_id":"BTC-FS-25DEC26_PERP","combo_trade_id":455000009', true],
    ['a leg of a combo without a name', '"combo_trade_id":"455000009"', true],
    ['the trade on the combo itself', `"combo_id":"${frames.BTC}"`, false],
    ['nothing of a combo', '"combo_id":null', false],
  ])('knows by its tags: %s', (_what, more, isComboLeg) => {
    expect(parse(frames.trades([frames.trade({ more })]))).toMatchObject({
      trades: [{ isComboLeg, isBlock: false }],
    })
  })

  it.each([0, -0.0015])('accepts the price %s, which a combo may have', (price) => {
    expect(parse(frames.trades([frames.trade({ price })]))).toMatchObject({ trades: [{ price }] })
  })

  it('ignores members with ids beyond the precision of a double', () => {
    const more = '"starbase_match_id":1790000000000000001,"starbase_timestamp":1790000000000000001'
    expect(parse(frames.trades([frames.trade({ more })]))).toMatchObject({ type: 'trades' })
  })

  it.each([
    ['one of another instrument', frames.trade({ instrument: frames.ETH })],
    ['an unknown direction', frames.trade({ direction: 'both' })],
    ['no direction', frames.trade().replace('"direction":"buy",', '')],
    ['a price of text', frames.trade().replace('61000.5', '"61000.5"')],
    ['a negative amount', frames.trade({ amount: -1 })],
    ['an amount of 0', frames.trade({ amount: 0 })],
    ['an infinite price', frames.trade().replace('61000.5', '1e999')],
    [
      'a trade_seq of text',
      frames.trade().replace('"trade_seq":301000001', '"trade_seq":"301000001"'),
    ],
    ['a numeric trade_id', frames.trade().replace('"455000001"', '455000001')],
    ['a missing timestamp', frames.trade().replace('"timestamp":1790000000005,', '')],
    ['null', 'null'],
    ['a list', '[]'],
  ])('is rejected as a whole where it holds %s', (_what, wrong) => {
    expect(parse(frames.trades([frames.trade(), wrong]))).toEqual(
      invalid('schema', frames.BTC_TRADES),
    )
  })

  it('is rejected if its data is not a list', () => {
    expect(parse(frames.notification(frames.BTC_TRADES, frames.trade()))).toEqual(
      invalid('schema', frames.BTC_TRADES),
    )
  })
})

describe('a message with neither book nor trades', () => {
  it('is a test request', () => {
    expect(parse(frames.TEST_REQUEST)).toEqual({ type: 'test_request' })
  })

  it('is a heartbeat', () => {
    expect(parse(frames.HEARTBEAT)).toEqual({ type: 'heartbeat' })
  })

  it.each(['{"type":"pulse"}', '{}', 'null', '[]'])(
    'is not a heartbeat with params %s',
    (params) => {
      expect(parse(`{"jsonrpc":"2.0","method":"heartbeat","params":${params}}`)).toEqual(
        invalid('schema'),
      )
    },
  )

  it('is a response with the times of the exchange', () => {
    expect(parse(frames.answer(17, '{"version":"1.2.26"}'))).toEqual({
      type: 'response',
      id: 17,
      result: { version: '1.2.26' },
      error: null,
      usIn: 1_790_000_000_100_200,
      usOut: 1_790_000_000_100_290,
    })
  })

  it('is a response without them, as null', () => {
    expect(parse('{"jsonrpc":"2.0","id":1,"result":null}')).toMatchObject({
      type: 'response',
      result: null,
      usIn: null,
      usOut: null,
    })
  })

  it.each([
    [
      'data with param and reason',
      ',"data":{"param":"instrument_name","reason":"instrument not found"}',
      'instrument_name: instrument not found',
    ],
    ['data with a reason alone', ',"data":{"reason":"value required"}', 'value required'],
    ['data as text', ',"data":"invalid json"', 'invalid json'],
    ['data as null', ',"data":null', ''],
    ['no data', '', ''],
    ['data of an unknown shape', ',"data":[1]', ''],
  ])('is an error with %s', (_what, data, detail) => {
    const text = `{"jsonrpc":"2.0","id":18,"error":{"code":-32602,"message":"Invalid params"${data}},"usIn":1,"usOut":2,"usDiff":1,"testnet":false}`
    expect(parse(text)).toMatchObject({
      type: 'response',
      id: 18,
      error: { code: -32602, message: 'Invalid params', detail },
    })
  })

  it('is an error without id if the exchange could not parse a request', () => {
    const text =
      '{"jsonrpc":"2.0","error":{"code":11050,"message":"bad_request","data":"invalid json"},"usIn":1,"usOut":2}'
    expect(parse(text)).toMatchObject({ type: 'response', id: null, error: { code: 11050 } })
  })

  it.each([
    ['an error without code', '{"id":1,"error":{"message":"x"}}'],
    ['an error that is text', '{"id":1,"error":"x"}'],
    ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
    ['nothing', '{}'],
  ])('is no answer with %s', (_what, text) => {
    expect(parse(text)).toEqual(invalid('schema'))
  })

  it.each([
    'ticker.BTC-PERPETUAL.100ms',
    'quote.BTC-PERPETUAL',
    'platform_state',
    'instrument.state.any.any',
    'trades.option.BTC.100ms',
    'deribit_price_index.btc_usd',
    'book.BTC-PERPETUAL',
    'book.BTC-PERPETUAL.1s',
    'book.BTC-PERPETUAL.none.10.1s',
    'book.BTC-PERPETUAL.none.10.20.100ms',
    'book..100ms',
    'book.BTC PERPETUAL.100ms',
    `book.${'A'.repeat(65)}.100ms`,
    'book.BTC-PERPETUAL.none.7.100ms',
    'book.BTC-PERPETUAL...100ms',
    'book.BTC-PERPETUAL.some.10.100ms',
    '',
  ])('is a notification of another channel: %j', (channel) => {
    expect(parse(frames.notification(channel, '{"a":1}'))).toEqual({
      type: 'notification',
      channel,
      data: { a: 1 },
    })
  })

  it.each([
    ['params that are a list', '{"method":"subscription","params":[]}'],
    ['no params', '{"method":"subscription"}'],
    ['no channel', '{"method":"subscription","params":{"data":{}}}'],
    ['a numeric channel', '{"method":"subscription","params":{"channel":7,"data":{}}}'],
  ])('is rejected with %s', (_what, text) => {
    expect(parse(text)).toEqual(invalid('schema'))
  })

  it.each([
    '{"method":"subscribe","params":{}}',
    '{"method":7}',
    '{"method":null,"id":1,"result":1}',
  ])('is of an unknown method: %s', (text) => {
    expect(parse(text)).toEqual(invalid('unknown_method'))
  })

  it.each([
    '',
    '{',
    'null,',
    '{"a":1}{"a":1}',
    '\u0000',
    '{"a":NaN}',
    '{"a":01}',
    "{'a':1}",
    '[',
    '\ufeff{}',
  ])('is no JSON: %j', (text) => {
    expect(parse(text)).toEqual(invalid('json'))
  })

  it.each(['null', '7', '"text"', 'true', '[]', '[{"method":"heartbeat"}]'])(
    'is rejected if it is JSON of another kind: %s',
    (text) => {
      expect(parse(text)).toEqual(invalid('schema'))
    },
  )

  it('is rejected if bytes outside of strings are not UTF-8', () => {
    expect(parseMessage(Buffer.from([0xff, 0xfe, 0x7b, 0x7d]))).toEqual(invalid('json'))
  })

  it('may be nested deeper than the stack', () => {
    const deep = '['.repeat(400_000) + ']'.repeat(400_000)
    expect(parse(frames.notification('platform_state', deep))).toMatchObject({
      type: expect.stringMatching(/notification|invalid/) as string,
    })
    expect(parse('['.repeat(400_000))).toEqual(invalid('json'))
  })
})

describe('the size of a message', () => {
  it('parses a snapshot of the maximum size of the socket', () => {
    const text = frames.snapshot()
    const padded = text.slice(0, -1) + ' '.repeat(MAX_PAYLOAD_BYTES - text.length) + '}'
    expect(parse(padded)).toMatchObject({ type: 'book', kind: 'snapshot' })
  })

  it('may be 5 MB, as for the list of all instruments', () => {
    const names = `[${Array.from({ length: 100_000 }, (_, i) => `"BTC-OPTION-${i}"`).join(',')}]`
    expect(parse(frames.answer(3, names))).toMatchObject({ type: 'response', id: 3 })
  })
})
