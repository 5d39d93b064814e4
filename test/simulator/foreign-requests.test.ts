import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { registerCleanUp } from '../support/clean-up.ts'
import { Client, startSimulator, type Json } from './support.ts'

describe('requests of other clients', () => {
  it.each(['/ws/api/v2/', '/ws/api/v2//', '/den/ws/', '/ws/api/v2/?x=1'])(
    'connects to %s',
    async (path) => {
      const { simulator } = await startSimulator()
      const ws = new WebSocket(simulator.url.replace('/ws/api/v2', path))
      registerCleanUp(() => ws.terminate())
      await once(ws, 'open')
      expect(simulator.connections).toBe(1)
    },
  )

  it.each([
    ['null for all parameters', '{"id":1,"method":"public/get_time","params":null}'],
    [
      'null for an optional one',
      '{"id":1,"method":"public/get_instruments","params":{"currency":null,"kind":null,"expired":null}}',
    ],
    ['no parameters', '{"id":1,"method":"public/get_currencies"}'],
  ])('accepts %s', async (_what, text) => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    client.sendText(text)
    await client.settle()
    expect(client.messages[0]).toHaveProperty('result')
  })

  it('treats a required parameter that is null as missing', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    for (const [method, param] of [
      ['public/ticker', 'instrument_name'],
      ['public/subscribe', 'channels'],
      ['public/set_heartbeat', 'interval'],
    ] as const) {
      expect(await client.call(method, { [param]: null })).toMatchObject({
        error: { code: -32_602, data: { param, reason: 'value required' } },
      })
    }
  })
})

describe('currencies', () => {
  const instruments = ['BTC-PERPETUAL', 'BTC_USDC-PERPETUAL', 'SOL_USDC-PERPETUAL', 'SOL_USDC']

  async function open(): Promise<{ client: Client; names: (params: object) => Promise<unknown> }> {
    const { simulator } = await startSimulator({ instruments })
    const client = await Client.open(simulator)
    return {
      client,
      async names(params) {
        const { result, error } = await client.call('public/get_instruments', params)
        return (result as Json[] | undefined)?.map((entry) => entry['instrument_name']) ?? error
      },
    }
  }

  it('without products of their own select the instruments of their coin', async () => {
    const { names } = await open()
    expect(await names({ currency: 'SOL' })).toEqual(['SOL_USDC-PERPETUAL', 'SOL_USDC'])
    expect(await names({ currency: 'SOL', kind: 'future' })).toEqual(['SOL_USDC-PERPETUAL'])
    expect(await names({ currency: 'BTC' })).toEqual(['BTC-PERPETUAL'])
    expect(await names({ currency: 'XRP' })).toEqual([])
    expect(await names({ currency: 'any' })).toEqual(instruments)
  })

  it('that are not listed are rejected', async () => {
    const { client, names } = await open()
    const invalid = { code: -32_602, data: { param: 'currency', reason: 'invalid currency' } }
    expect(await names({ currency: 'NOPE' })).toMatchObject(invalid)
    for (const currency of ['NOPE', 'any']) {
      const answer = await client.call('public/get_book_summary_by_currency', { currency })
      expect(answer['error']).toMatchObject(invalid)
    }
    expect(await client.call('public/get_book_summary_by_currency')).toMatchObject({
      error: { data: { param: 'currency', reason: 'value required' } },
    })
  })

  it('are listed, including those of the instruments', async () => {
    const { simulator } = await startSimulator({ instruments: ['DOGE_USDC'] })
    const client = await Client.open(simulator)
    const { result } = await client.call('public/get_currencies')
    const listed = (result as Json[]).map(({ currency }) => currency)
    expect(listed).toEqual(expect.arrayContaining(['BTC', 'ETH', 'USDC', 'SOL', 'DOGE']))
    expect(new Set(listed).size).toBe(listed.length)
  })
})

describe('book summaries', () => {
  it('have the best levels of each book, and null for an empty side', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC-25DEC26-90000-C', 'ETH-PERPETUAL']
    const scenario = 'one-sided=ask@BTC-25DEC26-90000-C'
    const { simulator, clock } = await startSimulator({ instruments, scenario, ratePerSecond: 30 })
    clock.advance(1_000)
    const client = await Client.open(simulator)
    const call = async (by: string, params: object): Promise<Json[]> =>
      (await client.call(`public/get_book_summary_by_${by}`, params))['result'] as Json[]
    const summaries = await call('currency', { currency: 'BTC' })
    const [perpetual, option] = ['BTC-PERPETUAL', 'BTC-25DEC26-90000-C'].map((name) =>
      simulator.reference(name),
    )
    const [bid = 0, ask = 0] = [perpetual?.bids[0]?.[0], perpetual?.asks[0]?.[0]]
    expect(summaries).toMatchObject([
      { bid_price: bid, ask_price: ask, mid_price: (bid + ask) / 2, quote_currency: 'USD' },
      { bid_price: null, ask_price: option?.asks[0]?.[0], mid_price: null, mark_iv: 52.17 },
    ])
    expect(await call('currency', { currency: 'BTC', kind: 'option' })).toEqual(summaries.slice(1))
    expect(await call('instrument', { instrument_name: 'BTC-PERPETUAL' })).toEqual(
      summaries.slice(0, 1),
    )
  })
})

describe('index prices', () => {
  it('are available for the listed names', async () => {
    const { simulator } = await startSimulator({ instruments: ['BTC-PERPETUAL', 'ETH_USDC'] })
    const client = await Client.open(simulator)
    const { result } = await client.call('public/get_index_price_names')
    expect(result).toEqual(['btc_usd', 'eth_usdc'])
    const extended = await client.call('public/get_index_price_names', { extended: true })
    expect(extended['result']).toMatchObject([{ name: 'btc_usd' }, { name: 'eth_usdc' }])
    const ticker = await client.call('public/ticker', { instrument_name: 'BTC-PERPETUAL' })
    const price = await client.call('public/get_index_price', { index_name: 'btc_usd' })
    expect(price['result']).toMatchObject({
      index_price: (ticker['result'] as Json)['index_price'],
    })
    expect(await client.call('public/get_index_price', { index_name: 'nope' })).toHaveProperty(
      'error',
    )
  })
})
