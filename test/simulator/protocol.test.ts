import { describe, expect, it } from 'vitest'
import { Client, run, startSimulator } from './support.ts'

describe('requests', () => {
  it('are answered with the id, the times of the exchange and the testnet flag', async () => {
    const { simulator } = await startSimulator({ isTestnet: true })
    const client = await Client.open(simulator)
    const answer = await client.call('public/test')
    expect(answer).toMatchObject({ jsonrpc: '2.0', id: 1, result: { version: '1.2.26' } })
    expect(answer['testnet']).toBe(true)
    expect(Number(answer['usOut']) - Number(answer['usIn'])).toBe(answer['usDiff'])
    expect(Math.floor(Number(answer['usIn']) / 1000)).toBe(1_790_000_000_000)
  })

  it('accept a string as id', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    client.sendText('{"jsonrpc":"2.0","id":"mine","method":"public/hello","params":{}}')
    await client.settle()
    expect(client.messages).toMatchObject([{ id: 'mine', result: { version: '1.2.26' } }])
  })

  it('without an id are answered without one', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    client.sendText('{"jsonrpc":"2.0","method":"public/get_time"}')
    await client.settle()
    expect(client.messages[0]).toMatchObject({ result: 1_790_000_000_000 })
    expect(client.messages[0]).not.toHaveProperty('id')
  })

  it('that cannot be parsed are answered 11050 without an id', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    client.sendText('{nonsense')
    client.sendText('[{"jsonrpc":"2.0","id":1,"method":"public/test"}]')
    await client.settle()
    const [unreadable, batch] = client.messages
    expect(unreadable).toMatchObject({ error: { code: 11050, data: 'invalid json' } })
    expect(unreadable).not.toHaveProperty('id')
    expect(batch).toMatchObject({ error: { code: 11050 } })
  })

  it('of 32,768 bytes are accepted and larger ones refused without an id or a disconnect', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const frame = (bytes: number): string => {
      const bare = '{"jsonrpc":"2.0","id":7,"method":"public/test","params":{"pad":""}}'
      return bare.replace('""}', `"${'x'.repeat(bytes - bare.length)}"}`)
    }
    client.sendText(frame(32_768))
    client.sendText(frame(32_769))
    await client.settle()
    const [read, refused] = client.messages
    expect(read).toMatchObject({ id: 7, result: { version: '1.2.26' } })
    expect(refused).toMatchObject({
      error: { code: -32_600, message: 'request entity too large' },
    })
    expect(refused).not.toHaveProperty('id')
    expect(await client.call('public/test')).toHaveProperty('result')
  })

  it('for an unknown method are answered -32601', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.call('public/no_such')).toMatchObject({ error: { code: -32_601 } })
    expect(await client.call('constructor')).toMatchObject({ error: { code: -32_601 } })
  })

  it('for an unknown instrument are answered -32602 with the reason', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.call('public/ticker', { instrument_name: 'NO-PERPETUAL' })).toMatchObject({
      error: {
        code: -32_602,
        message: 'Invalid params',
        data: { param: 'instrument_name', reason: 'instrument not found' },
      },
    })
  })
})

describe('instruments', () => {
  const instruments = ['BTC-PERPETUAL', 'BTC_USDC-PERPETUAL', 'BTC-25DEC26-90000-C', 'BTC_USDC']

  it('are listed by kind and currency, linear ones under USDC', async () => {
    const { simulator } = await startSimulator({ instruments })
    const client = await Client.open(simulator)
    const names = async (params: object): Promise<string[]> => {
      const { result } = await client.call('public/get_instruments', params)
      return (result as { instrument_name: string }[]).map((entry) => entry.instrument_name)
    }
    expect(await names({})).toEqual(instruments)
    expect(await names({ kind: 'future', currency: 'BTC' })).toEqual(['BTC-PERPETUAL'])
    expect(await names({ kind: 'future', currency: 'USDC' })).toEqual(['BTC_USDC-PERPETUAL'])
    expect(await names({ kind: 'option', currency: 'any' })).toEqual(['BTC-25DEC26-90000-C'])
    expect(await names({ kind: 'spot' })).toEqual(['BTC_USDC'])
    expect(await client.call('public/get_instruments', { kind: 'nft' })).toMatchObject({
      error: { data: { param: 'kind', reason: 'invalid value' } },
    })
  })

  it('have the units and ticks of their kind', async () => {
    const { simulator } = await startSimulator({ instruments })
    const client = await Client.open(simulator)
    const describeOne = async (name: string): Promise<unknown> =>
      (await client.call('public/get_instrument', { instrument_name: name }))['result']
    expect(await describeOne('BTC-PERPETUAL')).toMatchObject({
      instrument_type: 'reversed',
      quote_currency: 'USD',
      contract_size: 10,
      tick_size: 0.5,
      expiration_timestamp: 32_503_708_800_000,
    })
    expect(await describeOne('BTC-25DEC26-90000-C')).toMatchObject({
      tick_size: 0.0001,
      tick_size_steps: [{ above_price: 0.005, tick_size: 0.0005 }],
      option_type: 'call',
      strike: 90_000,
      expiration_timestamp: Date.UTC(2026, 11, 25, 8),
    })
    expect(await describeOne('BTC_USDC')).not.toHaveProperty('settlement_currency')
  })

  it('return their order book with the depth rounded up', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const params = { instrument_name: 'BTC-PERPETUAL', depth: 6 }
    const { result } = await client.call('public/get_order_book', params)
    const reference = simulator.reference('BTC-PERPETUAL')
    expect(result).toMatchObject({
      change_id: reference?.changeId,
      bids: reference?.bids.slice(0, 10),
      asks: reference?.asks.slice(0, 10),
    })
  })
})

describe('the heartbeat', () => {
  it('requires an interval of at least 10 seconds', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.call('public/set_heartbeat')).toMatchObject({
      error: { code: -32_602, data: { param: 'interval', reason: 'value required' } },
    })
    expect(await client.call('public/set_heartbeat', { interval: 9 })).toMatchObject({
      error: { code: -32_602, data: { param: 'interval', reason: 'value must be >= 10' } },
    })
  })

  const testRequests = (client: Client): number =>
    client.messages.filter(
      ({ method, params }) =>
        method === 'heartbeat' && (params as { type: string }).type === 'test_request',
    ).length

  it('sends test_request after 12.0 to 12.6 seconds, then every 10.6 to 10.7', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    await client.call('public/set_heartbeat', { interval: 10 })
    await run(clock, client, 11_990)
    expect(testRequests(client)).toBe(0)
    await run(clock, client, 620)
    expect(testRequests(client)).toBe(1)
    await client.call('public/test')
    await run(clock, client, 10_720)
    expect(testRequests(client)).toBe(2)
  })

  it('closes with 4000 ten seconds after an unanswered test_request', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    await client.call('public/set_heartbeat', { interval: 10 })
    await run(clock, client, 12_610)
    clock.advance(10_000)
    expect(await client.closed).toEqual({ code: 4000, reason: 'heartbeat close' })
  })

  it('keeps the connection while every test_request is answered', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    await client.call('public/set_heartbeat', { interval: 10 })
    for (let second = 0; second < 60; second += 5) {
      await run(clock, client, 5_000)
      await client.call('public/test')
    }
    expect(testRequests(client)).toBeGreaterThanOrEqual(4)
    expect(simulator.connections).toBe(1)
  })

  it('sends a heartbeat on an idle socket only', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const idle = await Client.open(simulator)
    const busy = await Client.open(simulator)
    await busy.subscribe('book.BTC-PERPETUAL.100ms')
    for (const client of [idle, busy]) await client.call('public/set_heartbeat', { interval: 10 })
    clock.advance(11_000)
    for (const client of [idle, busy]) await client.settle()
    const beat = '{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}'
    expect(idle.texts).toContain(beat)
    expect(busy.texts).not.toContain(beat)
  })
})

describe('connections', () => {
  it('without subscriptions and requests are terminated after 60.5 seconds', async () => {
    const { simulator, clock } = await startSimulator()
    const idle = await Client.open(simulator)
    const quiet = await Client.open(simulator)
    await quiet.subscribe('trades.BTC-PERPETUAL.agg2')
    clock.advance(60_400)
    expect(simulator.connections).toBe(2)
    clock.advance(200)
    expect(await idle.closed).toEqual({ code: 1006, reason: '' })
    await run(clock, quiet, 60_000)
    expect(simulator.connections).toBe(1)
  })

  it('over the limit of an address get HTTP 429 until one ends', async () => {
    const { simulator } = await startSimulator({ limits: { maxConnections: 2 } })
    const first = await Client.open(simulator)
    await Client.open(simulator)
    await expect(Client.open(simulator)).rejects.toThrow('429')
    simulator.faults.add('reset')
    await first.closed
    await Client.open(simulator)
  })

  it('are compressed only for clients that offer it', async () => {
    const { simulator } = await startSimulator()
    const plain = await Client.open(simulator)
    const compressed = await Client.open(simulator, { perMessageDeflate: true })
    expect(plain.extensions).toBe('')
    expect(compressed.extensions).toContain('permessage-deflate')
    await compressed.subscribe('book.BTC-PERPETUAL.100ms')
    await compressed.settle()
    expect(compressed.books('book.BTC-PERPETUAL.100ms')).toHaveLength(1)
  })

  it('on another path get HTTP 404', async () => {
    const { simulator } = await startSimulator()
    const wrong = { ...simulator, url: simulator.url.replace('/ws/api/v2', '/ws') }
    await expect(Client.open(wrong)).rejects.toThrow('404')
  })
})

describe('credits', () => {
  it('allow ten subscriptions at once, then answer 10028 and close', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    for (let call = 0; call < 10; call += 1) {
      expect(await client.subscribe('quote.BTC-PERPETUAL')).toEqual(['quote.BTC-PERPETUAL'])
    }
    client.post('public/subscribe', { channels: ['quote.BTC-PERPETUAL'] })
    await client.closed
    expect(client.messages.at(-1)).toMatchObject({
      id: 11,
      error: { code: 10_028, message: 'too_many_requests' },
    })
  })

  it('are refilled over time', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    for (let call = 0; call < 10; call += 1) await client.subscribe('quote.BTC-PERPETUAL')
    clock.advance(300)
    expect(await client.subscribe('quote.BTC-PERPETUAL')).toHaveLength(1)
    expect(simulator.connections).toBe(1)
  })

  it('are shared by the connections of one address', async () => {
    const { simulator } = await startSimulator()
    const first = await Client.open(simulator)
    for (let call = 0; call < 10; call += 1) await first.subscribe('quote.BTC-PERPETUAL')
    const second = await Client.open(simulator)
    second.post('public/subscribe', { channels: [] })
    await second.closed
    expect(second.messages).toMatchObject([{ error: { code: 10_028 } }])
  })
})
