import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { Client, run, startSimulator } from '../support.ts'

const CHANNEL = 'book.BTC-PERPETUAL.100ms'

describe('scenario', () => {
  it('delay delays every frame and keeps the order, also after it is switched off', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe(CHANNEL)
    simulator.faults.set('delay=250')
    client.post('public/test')
    // The exchange has received the request; pongs are not delayed.
    await client.settle()
    await run(clock, client, 249)
    expect(client.messages.filter(({ id }) => id === 2)).toEqual([])
    await run(clock, client, 1)
    expect(client.messages.filter(({ id }) => id === 2)).toHaveLength(1)
    await run(clock, client, 1_000)
    simulator.faults.clear()
    await run(clock, client, 1_000)
    const ids = client.books(CHANNEL).map(({ change_id }) => change_id)
    expect(ids.length).toBeGreaterThan(18)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
  })

  it('delay-in delays the reading of requests, not the answers', async () => {
    const { simulator, clock } = await startSimulator({ scenario: 'delay-in=100' })
    const client = await Client.open(simulator)
    const sentUs = clock.nowMs() * 1_000
    client.post('public/test')
    await client.settle()
    expect(client.messages).toEqual([])
    await run(clock, client, 100)
    expect(client.messages).toMatchObject([{ usIn: sentUs + 100_000, usOut: sentUs + 100_000 }])
  })

  it('skew shifts every time that the exchange sends', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10, scenario: 'skew=-5000' })
    const client = await Client.open(simulator)
    await client.subscribe(CHANNEL)
    await run(clock, client, 1_000)
    expect(client.books(CHANNEL).at(-1)?.timestamp).toBeLessThan(clock.nowMs() - 4_990)
    expect(client.books(CHANNEL).at(-1)?.timestamp).toBeGreaterThan(clock.nowMs() - 5_300)
    const answer = await client.call('public/get_time')
    expect(answer['result']).toBe(clock.nowMs() - 5_000)
    expect(answer['usIn']).toBe((clock.nowMs() - 5_000) * 1_000)
  })

  it('stall keeps the socket open and sends no data, answer or pong', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe(CHANNEL)
    await client.settle()
    simulator.faults.set('stall')
    const before = client.texts.length
    client.post('public/test')
    const pong = client.settle()
    clock.advance(30_000)
    let isBack = false
    void pong.then(() => (isBack = true))
    // The request and the ping have arrived when those of a later connection have.
    const witness = await Client.open(simulator)
    await eventually(() => simulator.connections === 2)
    expect([client.texts.length, witness.texts.length, isBack]).toEqual([before, 0, false])
    simulator.faults.clear()
    expect(await client.call('public/test')).toHaveProperty('result')
  })

  it('half-open stops the open connections without closing them', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const dead = await Client.open(simulator)
    await dead.subscribe(CHANNEL)
    await dead.settle()
    simulator.faults.add('half-open')
    const before = dead.texts.length
    const fresh = await Client.open(simulator)
    await fresh.subscribe(CHANNEL)
    await run(clock, fresh, 5_000)
    expect(fresh.books(CHANNEL).length).toBeGreaterThan(40)
    expect(dead.texts).toHaveLength(before)
    clock.advance(120_000)
    expect(await dead.closed).toEqual({ code: 1006, reason: '' })
  })

  it.each(['stall', 'half-open'])(
    '%s does not close after an unanswered heartbeat',
    async (name) => {
      const { simulator, clock } = await startSimulator()
      const client = await Client.open(simulator)
      await client.call('public/set_heartbeat', { interval: 10 })
      simulator.faults.add(name)
      clock.advance(60_000)
      // A close frame would arrive before the answer to this request.
      await Client.open(simulator)
      expect(client.isOpen).toBe(true)
      expect(simulator.connections).toBe(2)
    },
  )

  it('flap terminates every connection periodically', async () => {
    const { simulator, clock } = await startSimulator({ scenario: 'flap=1000' })
    for (let round = 0; round < 3; round += 1) {
      const client = await Client.open(simulator)
      clock.advance(1_000)
      expect(await client.closed).toMatchObject({ code: 1006 })
    }
  })

  it('429 and 5xx refuse upgrades and keep open connections', async () => {
    const { simulator } = await startSimulator()
    const inside = await Client.open(simulator)
    simulator.faults.set('429')
    await expect(Client.open(simulator)).rejects.toThrow('429')
    simulator.faults.set('5xx=504')
    await expect(Client.open(simulator)).rejects.toThrow('504')
    expect(await inside.call('public/test')).toHaveProperty('result')
    simulator.faults.clear()
    await Client.open(simulator)
  })

  it.each([
    ['reset', { code: 1006, reason: '' }],
    ['close-4000', { code: 4000, reason: 'heartbeat close' }],
    ['too-slow', { code: 1008, reason: 'connection_too_slow' }],
  ])('%s ends the connections', async (name, close) => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    simulator.faults.add(name)
    expect(await client.closed).toEqual(close)
    expect(simulator.faults.list()).toEqual([])
  })

  it('rate-limit answers 10028 and closes', async () => {
    const { simulator } = await startSimulator({ scenario: 'rate-limit' })
    const client = await Client.open(simulator)
    client.post('public/test')
    await client.closed
    expect(client.messages).toMatchObject([{ id: 1, error: { code: 10_028 } }])
  })

  it('server-error answers everything but public/test with 11094', async () => {
    const { simulator } = await startSimulator({ scenario: 'server-error' })
    const client = await Client.open(simulator)
    expect(await client.call('public/status')).toMatchObject({ error: { code: 11_094 } })
    expect(await client.call('public/test')).toHaveProperty('result')
  })

  it('bad-credentials refuses valid credentials', async () => {
    const { simulator } = await startSimulator({ scenario: 'bad-credentials' })
    const client = await Client.open(simulator)
    const params = {
      grant_type: 'client_credentials',
      client_id: 'simulator',
      client_secret: 'SIM_SECRET_KEY_0001',
    }
    expect(await client.call('public/auth', params)).toMatchObject({ error: { code: 13_004 } })
    simulator.faults.clear()
    expect(await client.call('public/auth', params)).toHaveProperty('result')
    simulator.faults.add('token-expiry')
    expect(await client.call('private/subscribe', { channels: [] })).toMatchObject({
      error: { code: 13_009 },
    })
  })

  it('public-disabled answers requests without a login with 11056, and reports it', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    await client.subscribe('platform_state.public_methods_state')
    simulator.faults.set('public-disabled')
    expect(await client.call('public/status')).toMatchObject({ error: { code: 11_056 } })
    simulator.faults.clear()
    expect(await client.call('public/status')).toHaveProperty('result')
    expect(client.data('platform_state.public_methods_state')).toEqual([
      { allow_unauthenticated_public_requests: false },
      { allow_unauthenticated_public_requests: true },
    ])
  })

  it('maintenance gives notice, closes, refuses, flaps and ends', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    await client.subscribe('platform_state')
    simulator.faults.add('maintenance=5000')
    await client.settle()
    expect(client.data('platform_state')).toEqual([{ maintenance: true }])
    clock.advance(300)
    expect(await client.closed).toMatchObject({ code: 1001 })
    const notice = client.messages.at(-1)
    expect(notice).toMatchObject({ error: { code: 11_051, message: 'system_maintenance' } })
    expect(notice).not.toHaveProperty('id')
    clock.advance(4_900)
    await expect(Client.open(simulator)).rejects.toThrow('503')
    clock.advance(100)
    for (let flap = 0; flap < 3; flap += 1) {
      const early = await Client.open(simulator)
      clock.advance(400)
      expect(await early.closed).toMatchObject({ code: 1006 })
    }
    expect(simulator.faults.list()).toEqual([])
    const late = await Client.open(simulator)
    await run(clock, late, 10_000)
    expect(await late.call('public/test')).toHaveProperty('result')
  })

  it('maintenance ends at once when it is switched off', async () => {
    const { simulator, clock } = await startSimulator()
    simulator.faults.add('maintenance')
    clock.advance(1_000)
    await expect(Client.open(simulator)).rejects.toThrow('503')
    simulator.faults.clear()
    const client = await Client.open(simulator)
    expect(await client.call('public/test')).toHaveProperty('result')
  })
})

describe('a client that does not read', () => {
  it('is closed with connection_too_slow', async () => {
    const { simulator, clock } = await startSimulator({
      ratePerSecond: 10,
      frameBytes: 100_000,
      limits: { maxBufferedBytes: 1_000_000 },
    })
    const slow = await Client.open(simulator)
    await slow.subscribe('book.BTC-PERPETUAL.none.10.100ms')
    slow.pause()
    await eventually(() => {
      clock.advance(1_000)
      return simulator.connections === 0
    })
  })
})

describe('fault switches', () => {
  it('replace the value of an active scenario', async () => {
    const { simulator } = await startSimulator()
    simulator.faults.add('delay=100')
    simulator.faults.add('delay=200')
    expect(simulator.faults.list()).toEqual([{ name: 'delay', value: '200', instruments: null }])
  })

  it('change nothing if one of the requested faults is invalid', async () => {
    const { simulator } = await startSimulator()
    simulator.faults.set('still')
    expect(() => simulator.faults.set('delay=5,nonsense')).toThrow('scenario nonsense: expected')
    expect(simulator.faults.list().map(({ name }) => name)).toEqual(['still'])
  })

  it('reject an invalid scenario before the simulator listens', async () => {
    await expect(startSimulator({ scenario: 'gap=0' })).rejects.toThrow(
      'scenario gap=0: expected once or a whole number',
    )
  })
})
