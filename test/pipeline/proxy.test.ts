import { connect } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createAuthority, type Certified } from '../support/certificates.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { HttpProxy } from '../support/http-proxy.ts'
import { needs } from '../support/needs.ts'
import { startProgram } from './running-program.ts'
import { startSimulator } from './running-service.ts'

const BTC = 'BTC-PERPETUAL'
const LOGIN = { user: 'me', password: 'hun,ter2@x' }

/** Ends TLS in front of a simulated exchange; gives the port. */
async function startTlsFront({ cert, key }: Certified, targetPort: number): Promise<number> {
  const sockets = new Set<{ destroy(): void }>()
  const options: TlsOptions = { cert, key }
  const server = createServer(options, (client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.pipe(target).pipe(client)
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

it(
  'rejects a certificate of another host behind a proxy',
  { ...needs('openssl'), timeout: 120_000 },
  async () => {
    const authority = createAuthority()
    const port = await startTlsFront(authority.sign('exchange'), 9)
    const proxy = await HttpProxy.start()
    const service = await startProgram({
      // The certificate is valid only for 127.0.0.1.
      DERIBIT_URL: `wss://localhost:${port}`,
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: authority.caFile,
    })
    await eventually(
      async () => ((await service.value('orderbook_feed_connects_total{result=tls}')) ?? 0) > 0,
      { timeoutMs: 30_000 },
    )
    expect(await (await service.get('/api/v1/pipeline')).text()).toContain(
      `cannot connect: tls: Hostname/IP does not match certificate's altnames: Host: localhost.`,
    )
  },
)

describe('the exchange behind an HTTP proxy with credentials', needs('openssl'), () => {
  it.each(['http', 'https'] as const)(
    'is reached by wss:// with end-to-end TLS through an %s proxy',
    async (scheme) => {
      const authority = createAuthority()
      const simulator = await startSimulator({ instruments: [BTC], ratePerSecond: 20 })
      const port = await startTlsFront(
        authority.sign('exchange'),
        Number(new URL(simulator.url).port),
      )
      const proxy = await HttpProxy.start({
        login: LOGIN,
        ...(scheme === 'https' ? { tls: authority.sign('proxy') } : {}),
      })
      const { user, password } = LOGIN
      const login = `${user}:${encodeURIComponent(password)}`
      const service = await startProgram({
        DERIBIT_URL: `wss://127.0.0.1:${port}/ws/api/v2`,
        INSTRUMENTS: BTC,
        https_proxy: proxy.url.replace('://', `://${login}@`),
        NODE_EXTRA_CA_CERTS: authority.caFile,
        // The library would write the address to its debug log.
        DEBUG: '*',
      })
      await eventually(async () => (await service.state(BTC)) === 'live', { timeoutMs: 30_000 })
      expect(proxy.targets).toEqual([`127.0.0.1:${port}`])
      expect(await service.value('orderbook_feed_connects_total{result=ok}')).toBe(1)
      await proxy.stop()
      await eventually(
        async () =>
          ((await service.value('orderbook_feed_connects_total{result=refused}')) ?? 0) > 0,
        { timeoutMs: 30_000 },
      )
      const pipeline = await (await service.get('/api/v1/pipeline')).text()
      expect(pipeline).toContain(`proxy ${proxy.url}: connect ECONNREFUSED`)
      await service.program.stop()
      const basic = Buffer.from(`${user}:${password}`).toString('base64')
      const output = service.program.lines.join('\n')
      expect(output).toContain(proxy.url.replace('://', '://[redacted]@'))
      for (const secret of [password, encodeURIComponent(password), basic, 'ter2']) {
        expect(output).not.toContain(secret)
        expect(pipeline).not.toContain(secret)
      }
    },
    120_000,
  )
})

it('an exchange that NO_PROXY excludes is reached without the proxy', async () => {
  const simulator = await startSimulator({ instruments: [BTC], ratePerSecond: 20 })
  const proxy = await HttpProxy.start()
  const service = await startProgram({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: BTC,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: 'localhost,127.0.0.0/8',
  })
  await eventually(async () => (await service.state(BTC)) === 'live', { timeoutMs: 30_000 })
  expect(proxy.targets).toEqual([])
})
