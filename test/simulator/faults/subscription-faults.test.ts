import { describe, expect, it } from 'vitest'
import { Client, run, startSimulator, type Book } from '../support.ts'

const CHANNEL = 'book.BTC-PERPETUAL.100ms'

async function start(scenario: string): Promise<{ client: Client; frames: readonly Book[] }> {
  const { simulator, clock } = await startSimulator({ ratePerSecond: 10, scenario })
  const client = await Client.open(simulator)
  await client.subscribe(CHANNEL)
  await run(clock, client, 1_000)
  return { client, frames: client.books(CHANNEL) }
}

describe('scenario', () => {
  it('snapshot-with-prev sends a snapshot that carries a previous id', async () => {
    const [snapshot, change] = (await start('snapshot-with-prev')).frames
    expect(snapshot).toMatchObject({ type: 'snapshot', prev_change_id: 20 })
    expect(change?.prev_change_id).toBe(snapshot?.change_id)
  })

  it('first-change-prev-zero starts the book with a change', async () => {
    const [first, change] = (await start('first-change-prev-zero')).frames
    expect(first).toMatchObject({ type: 'change', prev_change_id: 0 })
    expect(first?.bids.length).toBeGreaterThan(40)
    expect(change?.prev_change_id).toBe(first?.change_id)
  })

  it('change-before-snapshot sends a change that must not be applied', async () => {
    const [early, snapshot, change] = (await start('change-before-snapshot')).frames
    expect(early).toMatchObject({ type: 'change', bids: [['new', 0.5, 1]] })
    expect(snapshot?.type).toBe('snapshot')
    expect(change?.prev_change_id).toBe(snapshot?.change_id)
  })

  it('stale-change sends a change with an id below that of the snapshot', async () => {
    const [snapshot, stale, change] = (await start('stale-change')).frames
    expect(snapshot?.type).toBe('snapshot')
    expect(stale?.change_id).toBeLessThan(snapshot?.change_id ?? NaN)
    expect(change?.prev_change_id).toBe(snapshot?.change_id)
  })

  it('data-before-ack sends the snapshot before the answer', async () => {
    const { client } = await start('data-before-ack')
    expect(client.messages[0]).toHaveProperty('params.channel', CHANNEL)
    expect(client.messages[1]).toHaveProperty('result', [CHANNEL])
  })

  it('no-ack leaves the call without an answer', async () => {
    const { simulator } = await startSimulator({ scenario: 'no-ack' })
    const client = await Client.open(simulator)
    client.post('public/subscribe', { channels: [CHANNEL] })
    await client.call('public/test')
    expect(client.messages).toMatchObject([{ id: 2 }])
  })

  it('no-ack@INSTRUMENT omits its channels from the answer', async () => {
    const instruments = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
    const { simulator } = await startSimulator({ instruments, scenario: 'no-ack@BTC-PERPETUAL' })
    const client = await Client.open(simulator)
    const other = 'book.ETH-PERPETUAL.100ms'
    expect(await client.subscribe(CHANNEL, other)).toEqual([other])
    simulator.faults.clear('no-ack')
    expect(await client.subscribe(CHANNEL)).toEqual([CHANNEL])
  })

  it('silent-subscription ends the stream until the channel is subscribed again', async () => {
    const instruments = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 20 })
    const client = await Client.open(simulator)
    const other = 'book.ETH-PERPETUAL.100ms'
    await client.subscribe(CHANNEL, other)
    simulator.faults.add('silent-subscription@BTC-PERPETUAL')
    await run(clock, client, 3_000)
    expect(client.books(CHANNEL)).toHaveLength(1)
    expect(client.books(other).length).toBeGreaterThan(25)
    expect(await client.subscribe(CHANNEL)).toEqual([CHANNEL])
    await run(clock, client, 1_000)
    expect(client.books(CHANNEL)).toHaveLength(1)
    const gone = await client.call('public/unsubscribe', { channels: [CHANNEL] })
    expect(gone['result']).toEqual([CHANNEL])
    await client.subscribe(CHANNEL)
    await run(clock, client, 1_000)
    expect(client.books(CHANNEL)[1]?.type).toBe('snapshot')
    expect(client.books(CHANNEL).length).toBeGreaterThan(8)
  })

  it('refuse-call fails the call with one channel for all its channels, and no other call', async () => {
    const instruments = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
    const scenario = 'refuse-call@BTC-PERPETUAL'
    const { simulator } = await startSimulator({ instruments, scenario })
    const client = await Client.open(simulator)
    const [other, third] = ['book.ETH-PERPETUAL.100ms', 'quote.ETH-PERPETUAL']
    expect(await client.call('public/subscribe', { channels: [other, CHANNEL] })).toMatchObject({
      error: { code: 11_052, message: 'subscribe_error_unsubscribed' },
    })
    await client.settle()
    expect(client.books(other)).toEqual([])
    expect(await client.subscribe(other, third)).toHaveLength(2)
    simulator.faults.set('refuse-call=13778@BTC-PERPETUAL')
    expect(await client.call('public/subscribe', { channels: [CHANNEL] })).toMatchObject({
      error: { code: 13_778, message: 'raw_subscriptions_not_available_for_unauthorized' },
    })
    simulator.faults.clear()
    expect(await client.subscribe(CHANNEL, other)).toHaveLength(2)
    expect(() => simulator.faults.set('refuse-call=200')).toThrow('expected 10020, ')
  })

  it('routed-spot neither acknowledges nor publishes trades of spot, and sets is_cbe_routed', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC_USDC', 'ETH_USDC']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 90 })
    const client = await Client.open(simulator)
    const all = 'trades.spot.any.100ms'
    const early = 'trades.BTC_USDC.100ms'
    await client.subscribe(all, early)
    simulator.faults.set('routed-spot')
    const books = instruments.map((name) => `book.${name}.100ms`)
    const trades = instruments.map((name) => `trades.${name}.100ms`)
    expect((await client.subscribe(...books, ...trades)).sort()).toEqual(
      [...books, 'trades.BTC-PERPETUAL.100ms'].sort(),
    )
    await run(clock, client, 5_000)
    expect(client.data('trades.BTC-PERPETUAL.100ms').length).toBeGreaterThan(5)
    expect(client.data(all)).toEqual([])
    expect(client.data(early)).toEqual([])
    expect(client.books('book.BTC_USDC.100ms').length).toBeGreaterThan(20)
    const describeOne = async (instrument_name: string): Promise<unknown> =>
      (await client.call('public/get_instrument', { instrument_name }))['result']
    expect(await describeOne('ETH_USDC')).toMatchObject({ is_cbe_routed: true, is_csr: true })
    expect(await describeOne('ETH_USDC')).not.toHaveProperty('block_trade_tick_size')
    expect(await describeOne('BTC-PERPETUAL')).not.toHaveProperty('is_cbe_routed')
    simulator.faults.set('routed-spot@ETH_USDC')
    expect(await describeOne('BTC_USDC')).not.toHaveProperty('is_cbe_routed')
    expect(await client.subscribe(...trades)).toHaveLength(2)
  })
})
