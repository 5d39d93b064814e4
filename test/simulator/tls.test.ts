import { once } from 'node:events'
import { get } from 'node:https'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createAuthority } from '../support/certificates.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { needs } from '../support/needs.ts'
import { startSimulator } from './support.ts'

describe('with a certificate, the simulator', needs('openssl'), () => {
  it('serves wss:// and https:// only', async () => {
    const authority = createAuthority()
    const { cert, key } = authority.sign('simulator')
    const { simulator } = await startSimulator({ tls: { cert, key } })
    expect(simulator.url).toMatch(/^wss:/)
    const ws = new WebSocket(simulator.url, { ca: authority.ca })
    registerCleanUp(() => ws.terminate())
    await once(ws, 'open')
    ws.send('{"id":1,"method":"public/test"}')
    const [answer] = (await once(ws, 'message')) as [Buffer]
    expect(JSON.parse(answer.toString('utf8'))).toMatchObject({ id: 1, result: {} })
    const url = `${simulator.url.replace('wss:', 'https:').replace('/ws/', '/')}/public/get_time`
    const body = await new Promise<string>((resolve, reject) => {
      get(url, { ca: authority.ca }, (response) => void text(response).then(resolve, reject)).on(
        'error',
        reject,
      )
    })
    expect(JSON.parse(body)).toHaveProperty('result')
    const plain = new WebSocket(simulator.url.replace('wss:', 'ws:'))
    registerCleanUp(() => plain.terminate())
    const [error] = (await once(plain, 'error')) as [Error]
    expect(error.message).toMatch(/socket hang up|ECONNRESET|Parse Error/)
  })
})
