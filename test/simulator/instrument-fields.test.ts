import { describe, expect, it } from 'vitest'
import { Client, run, startSimulator, type Json } from './support.ts'

const NO_EXPIRATION_MS = 32_503_708_800_000

describe('fields of 2026', () => {
  it('are in every instrument, with a far expiration if there is none', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC_USDC', 'BTC-25DEC26', 'BTC-25DEC26-90000-C']
    const { simulator } = await startSimulator({ instruments })
    const client = await Client.open(simulator)
    const { result } = await client.call('public/get_instruments')
    expect(result).toMatchObject([
      {
        underlying_type: 'crypto',
        future_type: 'reversed',
        expiration_timestamp: NO_EXPIRATION_MS,
      },
      { underlying_type: 'crypto', expiration_timestamp: NO_EXPIRATION_MS },
      { underlying_type: 'crypto', expiration_timestamp: Date.UTC(2026, 11, 25, 8) },
      { underlying_type: 'crypto', expiration_timestamp: Date.UTC(2026, 11, 25, 8) },
    ])
    // Present only if true.
    for (const entry of result as Json[]) expect(entry).not.toHaveProperty('is_cbe_routed')
  })

  it('do not make spot expire together with dated instruments', async () => {
    const instruments = ['BTC_USDC', 'BTC-25DEC26']
    const { simulator } = await startSimulator({ instruments, scenario: 'expiry' })
    const states = instruments.map((name) => simulator.reference(name)?.state)
    expect(states).toEqual(['open', 'delivered'])
  })

  it('are in trades, with integers beyond the precision of a double', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 100 })
    const client = await Client.open(simulator)
    const channel = 'trades.BTC-PERPETUAL.100ms'
    await client.subscribe(channel)
    await run(clock, client, 20_000)
    const trades = client.data<Json[]>(channel).flat()
    expect(trades.length).toBeGreaterThan(150)
    const texts = client.texts.filter((text) => text.includes(channel))
    const timestamps = texts.flatMap((text) => [
      ...text.matchAll(/"timestamp":(\d+),[^}]*"starbase_timestamp":(\d+)/g),
    ])
    expect(timestamps).toHaveLength(trades.length)
    for (const [, ms = '', ns = ''] of timestamps) expect(ns.slice(0, -6)).toBe(ms)
    const ids = texts.flatMap((text) => text.match(/"starbase_match_id":\d+/g) ?? [])
    expect(new Set(ids).size).toBe(trades.length)
    const blocks = trades.filter((trade) => 'block_rfq_id' in trade)
    expect(blocks.length).toBeGreaterThan(0)
    expect(blocks.length).toBeLessThan(trades.length / 20)
    expect(blocks[0]).toHaveProperty('block_trade_id')
    // History requests return the streamed trades.
    const history = await client.call('public/get_last_trades_by_instrument', {
      instrument_name: 'BTC-PERPETUAL',
      count: 1000,
    })
    expect((history['result'] as { trades: Json[] }).trades).toEqual(expect.arrayContaining(trades))
  })
})

describe('trades', () => {
  it('can be requested by sequence, time and currency', async () => {
    const instruments = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 100 })
    const client = await Client.open(simulator)
    await run(clock, client, 10_000)
    const page = async (by: string, params: object): Promise<Json[]> => {
      const { result } = await client.call(`public/get_last_trades_by_${by}`, params)
      return (result as { trades: Json[] }).trades
    }
    const name = { instrument_name: 'BTC-PERPETUAL' }
    const all = await page('instrument', { ...name, count: 1000 })
    const [, second, third] = all
    const time = Number(third?.['timestamp'])
    expect(all.length).toBeGreaterThan(20)
    expect(await page('instrument', name)).toEqual(all.slice(-10))
    expect(await page('instrument', { ...name, sorting: 'desc' })).toEqual(all.slice(-10).reverse())
    expect(
      await page('instrument', { ...name, start_seq: second?.['trade_seq'], count: 2 }),
    ).toEqual([second, third])
    const fromTime = { ...name, start_timestamp: time, count: 1000 }
    expect(await page('instrument_and_time', fromTime)).toEqual(
      all.filter(({ timestamp }) => Number(timestamp) >= time),
    )
    expect(await page('currency', { currency: 'BTC', count: 1000 })).toEqual(all)
    expect(await page('currency', { currency: 'USDC' })).toEqual([])
  })
})
