import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { expect, it } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/start-process.ts'
import { readerOf } from './running-service.ts'

it('the demo shows changing values, and Ctrl-C stops it cleanly', async () => {
  const asked: string[] = []
  const collector = await startServer((url) => asked.push(url))
  const program = startProcess('npm', ['run', '--silent', 'demo'], {
    // Settings for outside connections are ignored.
    env: {
      HTTP_PORT: '0',
      ROLE: 'producer',
      PRODUCER_SHARD: '1/2',
      DERIBIT_URL: 'ws://127.0.0.1:1/ws/api/v2',
      KAFKA_BROKERS: '127.0.0.1:1',
      DERIBIT_CLIENT_ID: 'somebody',
      DERIBIT_CLIENT_SECRET: 'secret',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      LOG_LEVEL: 'warn',
    },
  })
  const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
  const demo = readerOf(url)
  await eventually(async () => (await demo.status('/readyz')) === 200)
  const { snapshots } = (await (await demo.get('/api/v1/snapshots')).json()) as {
    snapshots: { instrument: string; midPrice: number }[]
  }
  expect(snapshots.length).toBeGreaterThan(5)
  const first = await demo.snapshot('BTC-PERPETUAL')
  expect(first.state).toBe('live')
  await eventually(async () => (await demo.snapshot('BTC-PERPETUAL')).midPrice !== first.midPrice)
  program.kill('SIGINT')
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(asked).toEqual([])
  expect(program.lines.filter((line) => /WARN|ERROR/.test(line))).toEqual([])
})

it('the demo supports raw books with the credentials of its exchange', async () => {
  const program = startProcess(process.execPath, ['src/cli.ts', 'demo'], {
    env: { HTTP_PORT: '0', BOOK_MODE: 'incremental', BOOK_INTERVAL: 'raw', LOG_LEVEL: 'warn' },
  })
  const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
  await eventually(async () => (await readerOf(url).state('BTC-PERPETUAL')) === 'live')
})

it('the demo uses the given instruments', async () => {
  const program = startProcess(process.execPath, ['src/cli.ts', 'demo'], {
    env: {
      HTTP_PORT: '0',
      INSTRUMENTS: 'SOL_USDC-PERPETUAL',
      LOG_LEVEL: 'warn',
      // Variables exported for the service are ignored.
      KAFKA_BROKERS: 'broker.example:9093',
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA_FILE: '/no/such',
      KAFKA_SASL_MECHANISM: 'plain',
    },
  })
  const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
  await eventually(async () => (await readerOf(url).state('SOL_USDC-PERPETUAL')) === 'live')
  expect(await readerOf(url).state('BTC-PERPETUAL')).toBe('absent')
})

/** A server that must not be contacted; records requests. */
async function startServer(onRequest: (url: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    onRequest(request.url ?? '')
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
