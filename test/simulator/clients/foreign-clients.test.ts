import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, type TestContext } from 'vitest'
import { createAuthority } from '../../support/certificates.ts'
import { needs, skipBecause } from '../../support/needs.ts'
import { npmPackage } from '../../support/npm-packages.ts'
import { pythonPackages } from '../../support/python-packages.ts'
import { ForeignClient, startExchange } from './foreign-client.ts'

/** Published packages, unmodified; only the address is changed. */
const CCXT_NPM = 'ccxt@4.5.84'
const CCXT_PYPI = 'ccxt==4.5.90'
const CRYPTOFEED = 'cryptofeed==2.4.1'
const TARDIS = 'tardis-dev@13.35.3'
const TYPED_DERIBIT = 'typed-deribit==0.4.1'

const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH_USDC-PERPETUAL', 'XRP_USDC-25DEC26-0d625-C', 'BTC_USDC']
/** cryptofeed expects an open interest in every ticker, which spot lacks. */
const WITHOUT_SPOT = INSTRUMENTS.slice(0, 3)
/** typed-deribit expects a number as the underlying index of an option. */
const WITHOUT_OPTION = ['BTC-PERPETUAL', 'ETH_USDC-PERPETUAL', 'BTC_USDC']
/** Timeout that includes the installation of packages. */
const LONG = { timeout: 300_000 }

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/**
 * Returns the path of a package; without it the test is skipped with the reason, or fails on CI.
 */
function installed(context: TestContext, install: Promise<string>): Promise<string> {
  return install.catch((error: unknown) => {
    const reason = `a client cannot be installed: ${String(error)}`
    skipBecause(reason)
    return context.skip(reason)
  })
}

function python(packages: string): Record<string, string> {
  return { PYTHONPATH: packages, PATH: process.env['PATH'] ?? '' }
}

const MARKETS = { markets: INSTRUMENTS.toSorted(), currencies: 9, tickers: 3, status: 'ok' }

describe('a published client has the books of the exchange, level by level:', LONG, () => {
  it.for(['100ms', 'raw'])(
    'ccxt of npm, by HTTP and by WebSocket, %s',
    async (interval, context) => {
      const CCXT_FOLDER = await installed(context, npmPackage(CCXT_NPM))
      const simulator = await startExchange({ instruments: INSTRUMENTS })
      const env = { CCXT_FOLDER, SIM_INTERVAL: interval }
      const args = [script('programs/ccxt-client.ts')]
      const client = new ForeignClient(simulator, process.execPath, args, env)
      await client.booksAtRest(['http', 'websocket'])
      expect(client.facts[0]).toMatchObject(MARKETS)
      expect(client.count('trade')).toBeGreaterThan(0)
    },
  )

  it('ccxt of PyPI, by HTTP and by WebSocket, raw', needs('python'), async (context) => {
    const packages = await installed(context, pythonPackages(CCXT_PYPI))
    const simulator = await startExchange({ instruments: INSTRUMENTS })
    const env = { ...python(packages), SIM_INTERVAL: 'raw' }
    const client = new ForeignClient(simulator, 'python3', [script('programs/ccxt_client.py')], env)
    await client.booksAtRest(['http', 'websocket'])
    expect(client.facts[0]).toMatchObject(MARKETS)
  })

  it('cryptofeed, which checks each sequence, raw', needs('python', 'openssl'), async (context) => {
    const packages = await installed(context, pythonPackages(CRYPTOFEED))
    // It connects only to wss://.
    const authority = createAuthority()
    const tls = authority.sign('simulator')
    const simulator = await startExchange({ instruments: WITHOUT_SPOT, tls })
    const trusted = { SSL_CERT_FILE: authority.caFile, REQUESTS_CA_BUNDLE: authority.caFile }
    const env = { ...python(packages), ...trusted }
    const client = new ForeignClient(
      simulator,
      'python3',
      [script('programs/cryptofeed_client.py')],
      env,
    )
    await client.booksAtRest(['websocket'])
    expect(client.facts[0]).toEqual({ markets: WITHOUT_SPOT.toSorted() })
    for (const message of ['trade', 'ticker', 'quote']) {
      expect(client.count(message)).toBeGreaterThan(0)
    }
    expect(client.complaints).not.toMatch(/Error|Missing sequence/)
  })

  it.for<[string, Record<string, string>]>([
    ['100ms', {}],
    [
      'raw',
      { DERIBIT_API_CLIENT_ID: 'simulator', DERIBIT_API_CLIENT_SECRET: 'SIM_SECRET_KEY_0001' },
    ],
  ])('tardis-dev, %s', async ([, credentials], context) => {
    const TARDIS_FOLDER = await installed(context, npmPackage(TARDIS))
    const simulator = await startExchange({ instruments: INSTRUMENTS })
    const env = { TARDIS_FOLDER, WSS_URL_DERIBIT: simulator.url, ...credentials }
    const args = [script('programs/tardis-client.ts')]
    const client = new ForeignClient(simulator, process.execPath, args, env)
    await client.booksAtRest(['websocket'])
    for (const message of ['trade', 'derivative_ticker']) {
      expect(client.count(message)).toBeGreaterThan(0)
    }
    expect(client.count('disconnect')).toBe(0)
    expect(client.facts.filter((fact) => 'error' in fact)).toEqual([])
  })

  it('typed-deribit, which checks each answer by a schema', needs('python'), async (context) => {
    const packages = await installed(context, pythonPackages(TYPED_DERIBIT))
    const simulator = await startExchange({ instruments: WITHOUT_OPTION })
    const args = [script('programs/typed_deribit_client.py')]
    const client = new ForeignClient(simulator, 'python3', args, python(packages))
    await client.booksAtRest(['http', 'websocket'])
    expect(client.facts[0]).toMatchObject({
      markets: WITHOUT_OPTION.toSorted(),
      currencies: 9,
      tickers: 2,
      indices: 3,
    })
    for (const message of ['trade', 'ticker', 'quote']) {
      expect(client.count(message)).toBeGreaterThan(0)
    }
  })
})
