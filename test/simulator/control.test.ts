import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Client, startSimulator, type Json } from './support.ts'

async function controlled(): Promise<{
  simulator: Awaited<ReturnType<typeof startSimulator>>['simulator']
  call: (method: string, path: string, body?: string) => Promise<{ status: number; body: Json }>
}> {
  const { simulator } = await startSimulator({ controlPort: 0 })
  return {
    simulator,
    async call(method, path, body) {
      const response = await fetch(`${simulator.controlUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
      })
      return { status: response.status, body: (await response.json()) as Json }
    },
  }
}

describe('the control server', () => {
  it('switches faults on and off, given as a string or a list', async () => {
    const { simulator, call } = await controlled()
    const put = await call('PUT', '/faults', '{"faults":"skew=-5000,gap=3@BTC-PERPETUAL"}')
    expect(put.status).toBe(200)
    expect(put.body['faults']).toEqual([
      { name: 'skew', value: '-5000', instruments: null },
      { name: 'gap', value: '3', instruments: ['BTC-PERPETUAL'] },
    ])
    await call('POST', '/faults', '{"faults":[{"name":"delay","value":20}]}')
    expect(simulator.faults.list().map(({ name }) => name)).toEqual(['skew', 'gap', 'delay'])
    await call('PUT', '/faults', '{"faults":[]}')
    expect(simulator.faults.list()).toEqual([])
    simulator.faults.set('still')
    expect((await call('DELETE', '/faults')).body['faults']).toEqual([])
  })

  it('lists the available faults', async () => {
    const { call } = await controlled()
    const { available } = (await call('GET', '/faults')).body as {
      available: readonly { name: string; what: string }[]
    }
    expect(available.map(({ name }) => name)).toContain('silent-subscription')
    expect(available.every(({ what }) => what.length > 10)).toBe(true)
  })

  it('rejects unknown names and values with the expected values, and changes nothing', async () => {
    const { simulator, call } = await controlled()
    simulator.faults.set('still')
    const bad = '{"faults":"no-such,skew=x,gap@NO-PERPETUAL,delay@BTC-PERPETUAL"}'
    const { status, body } = await call('PUT', '/faults', bad)
    expect(status).toBe(400)
    expect(body['problems']).toEqual([
      expect.stringMatching(/^scenario no-such: expected gap, .*silent-subscription/),
      'scenario skew=x: expected -3600000 to 3600000 (ms)',
      'scenario delay@BTC-PERPETUAL: does not accept instruments',
    ])
    expect((await call('PUT', '/faults', '{"faults":"gap@NO-PERPETUAL"}')).status).toBe(400)
    expect((await call('PUT', '/faults', 'nonsense')).status).toBe(400)
    expect((await call('PUT', '/faults', '{"faults":[{"value":1}]}')).status).toBe(400)
    expect((await call('PUT', '/faults', `{"pad":"${'x'.repeat(70_000)}"}`)).status).toBe(400)
    expect(simulator.faults.list().map(({ name }) => name)).toEqual(['still'])
  })

  it('returns the reference book with its recent best levels', async () => {
    const { simulator, call } = await controlled()
    const { status, body } = await call('GET', '/truth/BTC-PERPETUAL')
    expect(status).toBe(200)
    expect(body).toEqual(JSON.parse(JSON.stringify(simulator.reference('BTC-PERPETUAL'))))
    expect((await call('GET', '/truth/NO-PERPETUAL')).status).toBe(404)
    expect((await call('GET', '/nothing')).status).toBe(404)
  })

  it('returns the number of connections', async () => {
    const { simulator, call } = await controlled()
    await Client.open(simulator)
    expect((await call('GET', '/status')).body).toEqual({
      id: simulator.id,
      url: simulator.url,
      instruments: ['BTC-PERPETUAL'],
      connections: 1,
    })
  })

  it.each([
    '',
    '/',
    '/faults',
    '/status',
    '/truth/BTC-PERPETUAL',
    '/other/faults',
    '/mine2/faults',
  ])('refuses %j, which does not start with its id, and names its id', async (path) => {
    const { simulator } = await startSimulator({ controlPort: 0, id: 'mine' })
    const { origin } = new URL(simulator.controlUrl ?? '')
    for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
      simulator.faults.set('still')
      const body = method === 'PUT' || method === 'POST' ? '{"faults":"gap"}' : null
      const response = await fetch(`${origin}${path}`, { method, body })
      expect(response.status).toBe(421)
      const { problems } = (await response.json()) as { problems: readonly string[] }
      expect(problems).toEqual([expect.stringContaining('this is simulator mine (ws://127.')])
      expect(simulator.faults.list().map(({ name }) => name)).toEqual(['still'])
    }
  })

  it('has a unique id by default', async () => {
    const [one, other] = [await controlled(), await controlled()]
    expect(one.simulator.id).not.toBe(other.simulator.id)
    const { origin } = new URL(other.simulator.controlUrl ?? '')
    expect((await fetch(`${origin}/${one.simulator.id}/faults`)).status).toBe(421)
    expect((await fetch(`${origin}/${other.simulator.id}/faults`)).status).toBe(200)
  })

  it('refuses requests with another host name, as sent by DNS rebinding', async () => {
    const { simulator } = await controlled()
    const status = await new Promise((resolve, reject) => {
      const call = request(`${simulator.controlUrl}/faults`, { headers: { host: 'evil.test' } })
      call.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      call.on('error', reject)
      call.end()
    })
    expect(status).toBe(403)
  })
})
