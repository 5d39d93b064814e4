import process from 'node:process'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/start-process.ts'
import { readerOf } from './running-service.ts'

it('the demo shows values that change, and Ctrl-C ends it cleanly', async () => {
  const program = startProcess('npm', ['run', '--silent', 'demo'], {
    // What would lead out of the process does not count.
    env: { HTTP_PORT: '0', ROLE: 'producer', KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'warn' },
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
})

it('the demo takes the instruments that are named', async () => {
  const program = startProcess(process.execPath, ['src/main.ts', 'demo'], {
    env: {
      HTTP_PORT: '0',
      INSTRUMENTS: 'SOL_USDC-PERPETUAL',
      LOG_LEVEL: 'warn',
      // What a shell may have exported for the service is not meant for it.
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
