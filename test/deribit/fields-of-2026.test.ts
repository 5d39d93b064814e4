import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { parseInstrument, parseInstruments } from '../../src/deribit/protocol/parse-instrument.ts'
import { MessageParser } from '../../src/deribit/protocol/parse-message.ts'
import * as frames from '../support/frames.ts'
import { instrumentJson } from './instruments/infos.ts'

/** A number as JSON has it, read as the exchange's text is. */
const fromText = (text: string): unknown => JSON.parse(text)

describe('an instrument object of 2026', () => {
  it.each([
    ['a perpetual that never ends', '"expiration_timestamp":32503708800000'],
    ['a spot pair that ends beyond all dates', '"expiration_timestamp":9223372036854775807'],
    ['a time in nanoseconds', '"creation_timestamp":1790000000000000001'],
    ['the class of its underlying', '"underlying_type":"crypto"'],
    ['a book of another exchange', '"is_cbe_routed":true,"is_csr":false'],
    ['unknown objects', '"new_object":{"deep":[1,2,{"a":null}]},"new_list":[]'],
    ['steps of its tick size', '"tick_size_steps":[{"above_price":0.005,"tick_size":0.0005}]'],
    ['a tick size with an exponent', '"tick_size":5.0e-1'],
  ])('is read with %s', (_what, members) => {
    const text = JSON.stringify(instrumentJson(frames.BTC)).replace(/}$/, `,${members}}`)
    expect(parseInstrument(fromText(text))).toEqual(parseInstrument(instrumentJson(frames.BTC)))
  })

  it.each([
    ['future_combo', 'reversed', 'USD'],
    ['future_combo', 'linear', 'BTC'],
    ['option_combo', 'reversed', 'BTC'],
    ['option', 'reversed', 'BTC'],
    ['spot', 'linear', 'BTC'],
  ])('of kind %s, %s, has amounts in %s', (kind, instrument_type, amountUnit) => {
    const info = parseInstrument(instrumentJson('X', { kind, instrument_type }))
    expect(info).toMatchObject({ kind, amountUnit })
  })

  it('does not affect other items of the list if it is invalid', () => {
    const list = [instrumentJson('A'), { instrument_name: 'B' }, null, instrumentJson('C')]
    expect(parseInstruments(list)?.map(({ instrument }) => instrument)).toEqual(['A', 'C'])
  })
})

describe('a trade of 2026', () => {
  it.each(['ETH-311974188', '455000001', 'BTC_USDC-7', 'x'.repeat(200)])('has the id %s', (id) => {
    const text = frames.trade().replace(/"trade_id":"[^"]*"/, `"trade_id":"${id}"`)
    expect(new MessageParser().parse(Buffer.from(frames.trades([text])))).toMatchObject({
      trades: [{ tradeId: id }],
    })
  })

  it.each([
    '"block_rfq_id":1790000000000000001',
    '"block_rfq_id":"RFQ-7"',
    '"starbase_match_id":1.790000000000000001e18,"starbase_timestamp":1790000000000000001',
    '"contracts":1.0e3,"iv":null,"new":{"member":[]}',
  ])('is read with %s, and is no part of a block or combo', (more) => {
    const bytes = Buffer.from(frames.trades([frames.trade({ more })]))
    expect(new MessageParser().parse(bytes)).toMatchObject({
      trades: [{ isBlock: false, isComboLeg: false }],
    })
  })

  it.each(['455000009', '"455000009"', '"BTC-455000009"', '4.55e8'])(
    'with combo_trade_id %s is the leg of a combo',
    (id) => {
      const more = `"combo_id":"BTC-FS-25DEC26_PERP","combo_trade_id":${id}`
      const bytes = Buffer.from(frames.trades([frames.trade({ more })]))
      expect(new MessageParser().parse(bytes)).toMatchObject({ trades: [{ isComboLeg: true }] })
    },
  )
})

describe('a grouped book in the interval raw', () => {
  it('is parsed, from the exchange and from a topic', () => {
    const channel = `book.${frames.BTC}.none.10.raw`
    const bytes = Buffer.from(frames.groupedSnapshot({ channel }))
    const frame = { type: 'book', kind: 'grouped', channel, maxLevels: 10 }
    expect(new MessageParser().parse(bytes)).toMatchObject(frame)
    expect(new MessageParser().parseRecord(bytes)).toMatchObject({ ok: true, frame })
  })
})

it.each([
  'wss://www.deribit.com/ws/api/v2',
  'wss://www.deribit.com/ws/api/v2/',
  'wss://drb.coinbase.com/ws/api/v2/',
  'wss://test.deribit.com/den/ws',
  'ws://127.0.0.1:8090',
  'ws://[::1]:8090/ws/api/v2/',
])('the exchange may be at %s, which is kept as it is written', (DERIBIT_URL) => {
  expect(readConfig({ DERIBIT_URL }, { isStrict: true }).settings.DERIBIT_URL).toBe(DERIBIT_URL)
})
