import { Agent, get, request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Simulator } from '../../src/simulator/server/api.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { Client, type Json, startSimulator } from './support.ts'

const LOGIN = {
  grant_type: 'client_credentials',
  client_id: 'simulator',
  client_secret: 'SIM_SECRET_KEY_0001',
}

interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

function base(simulator: Simulator): string {
  return simulator.url.replace('ws:', 'http:').replace('/ws/api/v2', '/api/v2')
}

/** Sends a request over HTTP on its own connection. */
async function ask(
  simulator: Simulator,
  path: string,
  init: RequestInit = {},
): Promise<HttpAnswer> {
  const headers = { connection: 'close', ...(init.headers as Record<string, string> | undefined) }
  const response = await fetch(`${base(simulator)}${path}`, { ...init, headers })
  const text = await response.text()
  const body = text === '' ? {} : (JSON.parse(text) as Json)
  return { status: response.status, headers: response.headers, body }
}

function post(simulator: Simulator, path: string, body: unknown): Promise<HttpAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return ask(simulator, path, { method: 'POST', body: text })
}

const TICKER = { instrument_name: 'BTC-PERPETUAL' }

describe('JSON-RPC over HTTP', () => {
  it.each([
    ['GET with query parameters', '/public/ticker?instrument_name=BTC-PERPETUAL', undefined],
    ['POST to the path of the method', '/public/ticker', { params: TICKER }],
    ['POST to the base path', '', { params: TICKER }],
    ['a slash at the end', '/public/ticker/?instrument_name=BTC-PERPETUAL', undefined],
  ])('answers %s as the WebSocket does', async (_what, path, request) => {
    const { simulator } = await startSimulator({ isTestnet: true })
    const envelope = { jsonrpc: '2.0', id: 7, method: 'public/ticker' }
    const { status, headers, body } =
      request === undefined
        ? await ask(simulator, path)
        : await post(simulator, path, { ...envelope, ...request })
    const client = await Client.open(simulator)
    expect(status).toBe(200)
    expect(body['result']).toEqual((await client.call('public/ticker', TICKER))['result'])
    expect(body).toMatchObject({ jsonrpc: '2.0', testnet: true })
    expect(body['id']).toBe(request === undefined ? undefined : 7)
    expect(Number(body['usOut']) - Number(body['usIn'])).toBe(body['usDiff'])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('parses numbers and flags of a query by parameter', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC-25DEC26']
    const { simulator } = await startSimulator({ instruments, scenario: 'expiry@BTC-25DEC26' })
    const book = await ask(
      simulator,
      '/public/get_order_book?instrument_name=BTC-PERPETUAL&depth=6',
    )
    const { bids, asks } = simulator.reference('BTC-PERPETUAL') ?? { bids: [], asks: [] }
    expect(book.body['result']).toMatchObject({ bids: bids.slice(0, 10), asks: asks.slice(0, 10) })
    const names = async (query: string): Promise<unknown> => {
      const { body } = await ask(simulator, `/public/get_instruments?${query}`)
      return (body['result'] as Json[]).map((entry) => entry['instrument_name'])
    }
    expect(await names('expired=true')).toEqual(['BTC-25DEC26'])
    expect(await names('expired=false')).toEqual(['BTC-PERPETUAL'])
    const bad = '/public/get_order_book?instrument_name=BTC-PERPETUAL&depth=many'
    expect((await ask(simulator, bad)).body).toMatchObject({
      error: { code: -32_602, data: { param: 'depth', reason: 'value must be an integer' } },
    })
  })

  it.each([
    ['/public/ticker?instrument_name=NO-PERPETUAL', -32_602, 'Invalid params'],
    ['/public/nope', -32_601, 'Method not found'],
    ['/private/get_account_summary', -32_601, 'Method not found'],
    ['/public/set_heartbeat?interval=10', 10_030, 'must_be_websocket_request'],
    ['/public/subscribe?channels[]=quote.BTC-PERPETUAL', 10_030, 'must_be_websocket_request'],
    ['/private/subscribe', 10_030, 'must_be_websocket_request'],
    ['/public/hello', 10_030, 'must_be_websocket_request'],
    ['', 11_050, 'bad_request'],
  ])('answers GET %s with status 400 and error %d', async (path, code, message) => {
    const { simulator } = await startSimulator()
    const { status, body } = await ask(simulator, path)
    expect(status).toBe(400)
    expect(body['error']).toMatchObject({ code, message })
  })

  it.each([
    ['no JSON', '{nonsense', 11_050],
    ['a batch', '[]', 11_050],
    ['parameters without a method', '{"params":{}}', -32_601],
    ['positional parameters', '{"method":"public/get_time","params":[1]}', -32_602],
    ['more than 32,768 bytes', `{"pad":"${'x'.repeat(40_000)}"}`, -32_600],
  ])('answers a body of %s with status 400', async (_what, text, code) => {
    const { simulator } = await startSimulator()
    const { status, body } = await post(simulator, '', text)
    expect(status).toBe(400)
    expect(body['error']).toMatchObject({ code })
  })

  it('answers other paths with 404 and other methods with an error', async () => {
    const { simulator } = await startSimulator()
    expect((await ask(simulator, '/nothing')).status).toBe(404)
    expect((await ask(simulator, '/../../public/ticker')).status).toBe(404)
    expect((await ask(simulator, '/public/get_time', { method: 'DELETE' })).status).toBe(400)
    expect((await fetch(simulator.url.replace('ws:', 'http:'))).status).toBe(400)
  })

  it('survives a client that disconnects during its body', async () => {
    const { simulator } = await startSimulator()
    const url = new URL(base(simulator))
    const call = httpRequest(url, { method: 'POST', headers: { 'content-length': '100' } })
    call.on('error', () => undefined)
    call.write('{"method"')
    await eventually(() => call.socket?.connecting === false)
    call.destroy()
    expect((await ask(simulator, '/public/get_time')).status).toBe(200)
  })
})

describe('a login over HTTP', () => {
  it('returns a token for later requests', async () => {
    const { simulator } = await startSimulator({ scenario: 'public-disabled' })
    const query = new URLSearchParams(LOGIN).toString()
    const { body } = await ask(simulator, `/public/auth?${query}`)
    const { access_token } = body['result'] as { access_token: string }
    const withToken = async (authorization: string): Promise<unknown> =>
      (await ask(simulator, '/public/get_time', { headers: { authorization } })).body
    expect(await withToken(`Bearer ${access_token}`)).toHaveProperty('result')
    expect(await withToken('Bearer nonsense')).toMatchObject({ error: { code: 11_056 } })
    simulator.faults.add('token-expiry')
    expect(await withToken(`Bearer ${access_token}`)).toMatchObject({ error: { code: 11_056 } })
  })
})

describe('an HTTP client', () => {
  it('shares credits with the connections of its address, and is disconnected without any', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    for (let call = 0; call < 100; call += 1) await client.call('public/get_time')
    const { status, headers, body } = await ask(simulator, '/public/get_time')
    expect(status).toBe(400)
    expect(body['error']).toMatchObject({ code: 10_028, message: 'too_many_requests' })
    expect(headers.get('connection')).toBe('close')
  })

  it('counts towards the connections of its address while it is connected', async () => {
    const { simulator } = await startSimulator({ limits: { maxConnections: 2 } })
    const agent = new Agent({ keepAlive: true })
    registerCleanUp(() => agent.destroy())
    const status = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get(`${base(simulator)}/public/get_time`, { agent }, (response) => {
          response.resume()
          response.once('end', () => resolve(response.statusCode))
        }).on('error', reject)
      })
    expect([await status(), await status()]).toEqual([200, 200])
    await Client.open(simulator)
    await expect(Client.open(simulator)).rejects.toThrow('429')
    expect((await ask(simulator, '/public/get_time')).status).toBe(429)
    agent.destroy()
    await eventually(() => Client.open(simulator))
  })

  it.each([
    ['429', 429],
    ['5xx=502', 502],
  ])('is refused by the scenario %s', async (scenario, status) => {
    const { simulator } = await startSimulator({ scenario })
    expect((await ask(simulator, '/public/get_time')).status).toBe(status)
    simulator.faults.clear()
    expect((await ask(simulator, '/public/get_time')).status).toBe(200)
  })

  it('gets its answer late with delay, and none with stall', async () => {
    const { simulator, clock } = await startSimulator({ scenario: 'delay=200,delay-in=300' })
    let isAnswered = false
    const answer = ask(simulator, '/public/get_time').then((value) => {
      isAnswered = true
      return value
    })
    await eventually(() => {
      clock.advance(10)
      return isAnswered
    })
    expect((await answer).body['result']).toBeGreaterThanOrEqual(1_790_000_000_300)
    simulator.faults.set('stall')
    const answered: string[] = []
    const leave = new AbortController()
    const silent = httpRequest(`${base(simulator)}/public/get_time`, { signal: leave.signal })
    silent.on('error', () => undefined).on('response', () => answered.push('silent'))
    silent.end()
    await eventually(() => silent.writableFinished && silent.socket?.connecting === false)
    simulator.faults.clear()
    await ask(simulator, '/public/get_time')
    expect(answered).toEqual([])
    leave.abort()
  })
})
