import { describe, expect, it } from 'vitest'
import { signatureOf } from '../../src/simulator/rpc/accounts.ts'
import { Client, run, startSimulator, type Json } from './support.ts'

const ID = 'simulator'
const SECRET = 'SIM_SECRET_KEY_0001'
const BY_SECRET = { grant_type: 'client_credentials', client_id: ID, client_secret: SECRET }
const RAW = 'book.BTC-PERPETUAL.raw'

async function logIn(client: Client, params: object = {}): Promise<Json> {
  const { result } = await client.call('public/auth', { ...BY_SECRET, ...params })
  return result as Json
}

describe('a login', () => {
  it('with id and secret opens raw channels and private methods', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.call('private/subscribe', { channels: [] })).toMatchObject({
      error: { code: 13_009, message: 'unauthorized', data: { reason: 'invalid_token' } },
    })
    expect(await logIn(client, { state: 'mine' })).toMatchObject({
      token_type: 'bearer',
      expires_in: 31_536_000,
      access_token: expect.any(String) as string,
      refresh_token: expect.any(String) as string,
      scope: expect.stringContaining('connection') as string,
      state: 'mine',
    })
    expect(await client.subscribe(RAW)).toEqual([RAW])
    const trades = 'trades.BTC-PERPETUAL.raw'
    expect(await client.call('private/subscribe', { channels: [trades] })).toMatchObject({
      result: [trades],
    })
  })

  it('with a wrong id or secret is refused with 13004', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    for (const wrong of [{ client_secret: 'x' }, { client_id: 'x' }]) {
      expect(await client.call('public/auth', { ...BY_SECRET, ...wrong })).toMatchObject({
        error: { code: 13_004, message: 'invalid_credentials' },
      })
    }
    expect(await client.call('public/auth')).toMatchObject({
      error: { code: -32_602, data: { param: 'grant_type', reason: 'value required' } },
    })
  })

  it('is valid for its own connection only', async () => {
    const { simulator } = await startSimulator()
    const [client, other] = [await Client.open(simulator), await Client.open(simulator)]
    await logIn(client)
    expect(await other.call('public/subscribe', { channels: [RAW] })).toHaveProperty('error')
  })

  it('expires', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await logIn(client, { scope: 'expires:30' })).toMatchObject({ expires_in: 30 })
    expect(await client.call('private/subscribe', { channels: [] })).toHaveProperty('result')
    await run(clock, client, 30_001)
    expect(await client.call('private/subscribe', { channels: [] })).toMatchObject({
      error: { code: 13_009 },
    })
  })

  it('is renewed with the refresh token, which is valid once', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const { refresh_token } = await logIn(client)
    const params = { grant_type: 'refresh_token', refresh_token }
    expect(await client.call('public/auth', params)).toHaveProperty('result')
    expect(await client.call('private/subscribe', { channels: [] })).toHaveProperty('result')
    expect(await client.call('public/auth', params)).toMatchObject({ error: { code: 13_009 } })
  })

  it('of connection scope ends with its connection, one of session scope does not', async () => {
    const { simulator } = await startSimulator()
    const first = await Client.open(simulator)
    const connection = await logIn(first)
    const session = await logIn(first, { scope: 'session:mine' })
    expect(session).toHaveProperty('sid')
    simulator.faults.add('reset')
    await first.closed
    const second = await Client.open(simulator)
    const renew = async ({ refresh_token }: Json): Promise<Json> =>
      second.call('public/auth', { grant_type: 'refresh_token', refresh_token })
    expect(await renew(session)).toHaveProperty('result')
    // Replaced on its connection by the named session, and not renewed since.
    expect(await renew(connection)).toMatchObject({ error: { code: 13_009 } })
  })

  it('beyond 16 named sessions evicts the oldest', async () => {
    const { simulator } = await startSimulator({ limits: { maxConnections: 99 } })
    const clients: Client[] = []
    for (let session = 0; session < 17; session += 1) {
      const client = await Client.open(simulator)
      await logIn(client, { scope: `session:s${session}` })
      clients.push(client)
    }
    const isIn = async (client: Client | undefined): Promise<boolean> =>
      (await client?.call('private/subscribe', { channels: [] }))?.['error'] === undefined
    expect(await isIn(clients[0])).toBe(false)
    expect(await isIn(clients[1])).toBe(true)
    expect(await isIn(clients[16])).toBe(true)
  })
})

describe('a signature', () => {
  it('matches the published test vectors', () => {
    const params = { clientId: ID, timestamp: '1700000000000', nonce: 'simnonce01' }
    expect(signatureOf(SECRET, { ...params, data: '' })).toBe(
      'e6065f18b0ef6e6532d1097c365270bd0a9cc14984a643fd955f237b5969d6fc',
    )
    expect(signatureOf(SECRET, { ...params, data: 'lob' })).toBe(
      'c1db4997b9cb23f2a30f8c7165243b321a044bfd099bc608b7d5e384180eecb1',
    )
  })

  const signed = (timestampMs: number, nonce: string, secret = SECRET): object => {
    const timestamp = String(timestampMs)
    return {
      grant_type: 'client_signature',
      client_id: ID,
      timestamp: timestampMs,
      nonce,
      data: '',
      signature: signatureOf(secret, { clientId: ID, timestamp, nonce, data: '' }),
    }
  }

  it('logs in once per nonce, while its timestamp is valid', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    const now = clock.nowMs()
    const login = (params: object): Promise<Json> => client.call('public/auth', params)
    expect(await login(signed(now, 'one'))).toHaveProperty('result')
    expect(await login(signed(now, 'one'))).toMatchObject({ error: { code: 13_009 } })
    expect(await login(signed(now - 59_000, 'two'))).toHaveProperty('result')
    expect(await login(signed(now - 61_000, 'three'))).toMatchObject({ error: { code: 13_009 } })
    expect(await login(signed(now, 'four', 'wrong'))).toMatchObject({ error: { code: 13_004 } })
  })

  it.each([
    ['a nonce of any text', { nonce: 'xyz 12/34-\u{1f511}' }],
    ['a long nonce', { nonce: 'n'.repeat(500) }],
    ['no nonce and no data', {}],
    ['data', { nonce: 'one', data: 'some data' }],
  ])('may have %s, and the timestamp as a number or a string', async (_what, parts) => {
    const { simulator, clock } = await startSimulator()
    const { nonce = '', data = '' } = parts as { nonce?: string; data?: string }
    for (const timestamp of [String(clock.nowMs()), clock.nowMs() - 1]) {
      const client = await Client.open(simulator)
      const suffix = nonce === '' || typeof timestamp === 'string' ? '' : '2'
      const facts = { clientId: ID, timestamp: String(timestamp), nonce: nonce + suffix, data }
      const answer = await client.call('public/auth', {
        grant_type: 'client_signature',
        client_id: ID,
        timestamp,
        ...parts,
        ...(suffix === '' ? {} : { nonce: nonce + suffix }),
        signature: signatureOf(SECRET, facts),
      })
      expect(answer['error']).toBe(undefined)
      expect(await client.subscribe(RAW)).toEqual([RAW])
    }
  })

  it.each([
    ['timestamp', undefined, 'value required'],
    ['timestamp', 'today', 'value must be an integer'],
    ['timestamp', 1.5, 'value must be an integer'],
    ['nonce', 7, 'invalid format'],
    ['signature', undefined, 'value required'],
    ['data', {}, 'value must be a string'],
  ])('with %s %j is refused', async (param, value, reason) => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    const answer = await client.call('public/auth', {
      ...signed(clock.nowMs(), 'one'),
      [param]: value,
    })
    expect(answer).toMatchObject({ error: { code: -32_602, data: { param, reason } } })
  })
})
