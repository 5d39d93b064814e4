import { describe, expect, it } from 'vitest'
import { decimalsOf } from '../../src/simulator/market/random.ts'
import { Client, type Json, run, startSimulator } from './support.ts'

const INSTRUMENTS = [
  'XRP_USDC-25DEC26-0d01-P',
  'XRP_USDC-25DEC26-0d01-C',
  'XRP_USDC-25DEC26-0d625-C',
  'XRP_USDC-25DEC26-5-P',
  'XRP_USDC-PERPETUAL',
  'XRP_USDC',
  'XRP_BTC',
  'USDT_BTC',
  'BTC-25DEC26-1000-P',
  'BTC_USDC-25DEC26-500000-C',
  'SOL_USDC-25DEC26-10-P',
]

interface Facts {
  readonly tick_size: number
  readonly tick_size_steps: readonly { above_price: number; tick_size: number }[]
  readonly min_trade_amount: number
}

/** Whether a number is a multiple of a step, within the precision of doubles. */
function isMultiple(value: number, step: number): boolean {
  const units = value / step
  return Math.abs(units - Math.round(units)) < 1e-6 * Math.max(1, units)
}

describe.each(INSTRUMENTS)('the book of %s', (name) => {
  it('has positive prices on its ticks, plausible amounts, and is never crossed', async () => {
    const { simulator, clock } = await startSimulator({ instruments: [name], ratePerSecond: 50 })
    const client = await Client.open(simulator)
    const { result } = await client.call('public/get_instrument', { instrument_name: name })
    const facts = result as Facts
    const tickAt = (price: number): number =>
      facts.tick_size_steps.findLast(({ above_price }) => price > above_price)?.tick_size ??
      facts.tick_size
    const problems = new Set<string>()
    const check = (): void => {
      const { bids, asks } = simulator.reference(name) ?? { bids: [], asks: [] }
      for (const [price, amount] of [...bids, ...asks]) {
        if (!(price > 0) || !isMultiple(price, tickAt(price))) problems.add(`price ${price}`)
        if (!(amount > 0) || !isMultiple(amount, facts.min_trade_amount))
          problems.add(`amount ${amount}`)
      }
      const [bid = NaN, ask = NaN] = [bids[0]?.[0], asks[0]?.[0]]
      if (!(bid < ask)) problems.add(`bid ${bid}, ask ${ask}`)
      if (bids.length < 2 || asks.length < 2)
        problems.add(`${bids.length} and ${asks.length} levels`)
    }
    check()
    for (let step = 0; step < 100; step += 1) {
      await run(clock, client, 100)
      check()
    }
    expect([...problems]).toEqual([])
    const ticker = (await client.call('public/ticker', { instrument_name: name }))['result'] as Json
    const { best_bid_price: bid, best_ask_price: ask, mark_price: mark } = ticker
    expect(Number(mark)).toBeGreaterThan(Number(bid))
    expect(Number(mark)).toBeLessThan(Number(ask))
    expect(Number(ticker['min_price'])).toBeGreaterThan(0)
    // Worth more than nothing and less than the supply of a coin.
    expect(facts.min_trade_amount).toBeGreaterThan(0)
    expect(facts.min_trade_amount).toBeLessThanOrEqual(1000)
  })
})

describe('decimals of a step', () => {
  it.each([
    [0.5, 1],
    [0.0005, 4],
    [1e-11, 11],
    [2.5e-7, 8],
    [5, 0],
    [1000, 0],
    [1e21, 0],
  ])('of %d are %d', (step, decimals) => {
    expect(decimalsOf(step)).toBe(decimals)
  })
})
