import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startService, startSimulator } from './running-service.ts'

const BTC = 'BTC-PERPETUAL'
const ETH = 'ETH-PERPETUAL'
const STALE_AFTER_MS = 2000

async function startPair(
  environment: Readonly<Record<string, string>> = {},
  instruments: readonly string[] = [BTC, ETH],
) {
  const simulator = await startSimulator({ instruments, ratePerSecond: 20 })
  const service = await startService(
    {
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: instruments.join(','),
      STALE_AFTER_MS: String(STALE_AFTER_MS),
      CHECKPOINT_MS: '500',
      ...environment,
    },
    { random: () => 0.01 },
  )
  const isState = (instrument: string, state: string) =>
    eventually(
      async () => {
        expect([instrument, await service.state(instrument)]).toEqual([instrument, state])
      },
      { timeoutMs: 30_000 },
    )
  for (const instrument of instruments) await isState(instrument, 'live')
  return { simulator, service, isState }
}

describe('the clock of the exchange', () => {
  it.each([
    [-5000, 0, 0],
    [0, 20, 20],
    [5000, 200, 200],
    [5000, 0, 200],
  ])(
    'is measured to within half the asymmetry: skew %d ms, delays %d ms there and %d ms back',
    async (skewMs, thereMs, backMs) => {
      const faults = [
        `skew=${skewMs >= 0 ? '+' : ''}${skewMs}`,
        ...(thereMs > 0 ? [`delay-in=${thereMs}`] : []),
        ...(backMs > 0 ? [`delay=${backMs}`] : []),
      ]
      const simulator = await startSimulator({
        instruments: [BTC],
        ratePerSecond: 20,
        scenario: faults.join(','),
      })
      const service = await startService({
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: BTC,
        TRADES: 'false',
      })
      const stage = '{stage=exchange_to_receive}'
      // Round trips cannot reveal a difference between the two directions.
      const unseenMs = (thereMs - backMs) / 2
      const read = async () => {
        const { series } = await service.metrics()
        const seconds = (name: string) => series.get(name) ?? NaN
        const offsetMs = seconds('orderbook_feed_clock_offset_seconds{}') * 1000
        return {
          errorMs: offsetMs - (skewMs + unseenMs),
          uncertaintyMs: seconds('orderbook_feed_clock_offset_uncertainty_seconds{}') * 1000,
          sum: seconds(`orderbook_pipeline_lag_seconds_sum${stage}`),
          count: seconds(`orderbook_pipeline_lag_seconds_count${stage}`),
        }
      }
      const first = await eventually(
        async () => {
          const now = await read()
          return Math.abs(now.errorMs) <= 2 && now.count > 0 ? now : false
        },
        { timeoutMs: 30_000 },
      )
      const last = await eventually(async () => {
        const now = await read()
        return now.count >= first.count + 20 ? now : false
      })
      const { errorMs, uncertaintyMs } = last
      const meanMs = ((last.sum - first.sum) / (last.count - first.count)) * 1000
      process.stdout.write(
        `clock: skew ${skewMs}, delays ${thereMs}/${backMs}: ${errorMs.toFixed(2)} ms off, mean exchange_to_receive ${meanMs.toFixed(2)} ms\n`,
      )
      expect(Math.abs(errorMs)).toBeLessThanOrEqual(2)
      expect(meanMs).toBeGreaterThanOrEqual(backMs + unseenMs - 2)
      // A busy machine adds delay, which is measured too.
      expect(meanMs).toBeLessThanOrEqual(backMs + unseenMs + 25)
      expect(uncertaintyMs).toBeGreaterThanOrEqual((thereMs + backMs) / 2 - 1)
    },
  )
})

describe('an exchange that does not respond', () => {
  it('half-open: values disappear, the feed reconnects, and values return', async () => {
    const { simulator, service, isState } = await startPair()
    // Without the 5xx the feed would be back before anybody has seen that the values went.
    simulator.faults.set('half-open,5xx')
    await isState(BTC, 'stale:unverified')
    expect((await service.metrics()).series.has(`orderbook_mid_price{instrument=${BTC}}`)).toBe(
      false,
    )
    expect(Object.keys(await service.failing())).toContain('books')
    expect(await service.status('/livez')).toBe(200)
    simulator.faults.clear()
    await isState(BTC, 'live')
    expect(await service.value('orderbook_feed_disconnects_total{reason=no_frames}')).toBe(1)
  })

  it('a silent subscription among active ones is found by the probe', async () => {
    const { simulator, service } = await startPair({ INSTRUMENT_SILENCE_MS: '5000' })
    simulator.faults.set(`silent-subscription@${BTC}`)
    const { changeId } = await service.snapshot(BTC)
    await eventually(async () => (await service.snapshot(BTC)).changeId > changeId + 1, {
      timeoutMs: 30_000,
    })
    expect(await service.value('orderbook_resyncs_total{reason=silent}')).toBeGreaterThan(0)
  })
})

describe('the instrument status', () => {
  it('halts books: settlement, a lock of their index, maintenance', async () => {
    const { simulator, service, isState } = await startPair({}, [BTC, 'ETH_USDC-PERPETUAL'])
    simulator.faults.set('settlement=1500')
    await isState(BTC, 'halted:settlement')
    // All books are settled, and each returns with a snapshot.
    await isState(BTC, 'live')
    await isState('ETH_USDC-PERPETUAL', 'live')
    simulator.faults.set('index-lock=btc_usd')
    await isState(BTC, 'halted:locked')
    expect(await service.state('ETH_USDC-PERPETUAL')).toBe('live')
    expect((await service.snapshot(BTC)).status).toBe(503)
    simulator.faults.clear()
    await isState(BTC, 'live')
    simulator.faults.set('maintenance=3000')
    await eventually(async () => (await service.value('orderbook_exchange_maintenance{}')) === 1)
    // Snapshots that come between the notice and the cut end `halted`: without them it stays, else it is stale.
    await eventually(async () => {
      expect(await service.state(BTC)).toMatch(/^(halted:maintenance|stale:unverified)$/)
    })
    await isState(BTC, 'live')
    await eventually(async () => (await service.value('orderbook_exchange_maintenance{}')) === 0)
  })

  it('removes an expired instrument: last status, no subscription, no value', async () => {
    const expiring = 'BTC-25DEC26-90000-C'
    const { simulator, service, isState } = await startPair({}, [BTC, expiring])
    simulator.faults.set(`expiry@${expiring}`)
    await isState(expiring, 'halted:delivered')
    expect(
      (await service.metrics()).series.has(`orderbook_mid_price{instrument=${expiring}}`),
    ).toBe(false)
    // Channels of two books and the platform, without the two of the expired one.
    await eventually(
      async () => (await service.value('orderbook_feed_subscriptions{state=requested}')) === 4,
    )
    expect(await service.state(BTC)).toBe('live')
  })
})

describe('selected instruments', () => {
  it('are found, and a new listing becomes live', async () => {
    const simulator = await startSimulator({ instruments: 16, ratePerSecond: 100 })
    const service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: 'spot:any,future:any',
      TRADES: 'false',
    })
    await eventually(async () => (await service.state('BTC_USDC')) === 'live')
    await eventually(async () => (await service.state(BTC)) === 'live')
    const info = [...(await service.metrics()).series.keys()].find(
      (name) => name.startsWith('orderbook_instrument_info{') && name.includes(`=${BTC},`),
    )
    expect(info).toContain('kind=future,base=BTC,quote=USD,amount_unit=USD,tick_size=0.5')
    const options = simulator.instruments.filter((name) => /-[CP]$/.test(name))
    expect(options.length).toBeGreaterThan(0)
    expect(await service.state(options[0] ?? '')).toBe('absent')
    simulator.faults.set('listing=XRP_USDC-25DEC26')
    await eventually(async () => (await service.state('XRP_USDC-25DEC26')) === 'live', {
      timeoutMs: 30_000,
    })
  })
})

describe('instruments over the limit', () => {
  it('are counted also where a selector found them', async () => {
    const simulator = await startSimulator({ instruments: 16, ratePerSecond: 40 })
    const service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: 'future:any',
      MAX_INSTRUMENTS: '3',
    })
    await eventually(
      async () => ((await service.value('orderbook_instruments_over_limit{}')) ?? 0) > 0,
    )
    await eventually(async () => (await service.liveCount()) === 3)
  })
})

describe('credentials', () => {
  it('that are refused: not connected, readiness has the reason without the secret', async () => {
    const simulator = await startSimulator({ instruments: [BTC], scenario: 'bad-credentials' })
    const service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: BTC,
      DERIBIT_CLIENT_ID: 'simulator',
      DERIBIT_CLIENT_SECRET: 'SIM_SECRET_KEY_0001',
    })
    await eventually(
      async () => (await service.value('orderbook_feed_connects_total{result=auth}')) === 1,
    )
    await eventually(
      async () =>
        (await service.failing())['feed'] ===
        'credentials refused: login: 13004 invalid_credentials',
    )
    const shown = [
      JSON.stringify(service.logger.lines),
      await (await service.get('/metrics')).text(),
      await (await service.get('/readyz')).text(),
    ]
    for (const text of shown) expect(text).not.toContain('SIM_SECRET')
  })
})
