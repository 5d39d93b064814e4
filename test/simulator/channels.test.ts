import { describe, expect, it } from 'vitest'
import { Client, PlainBook, run, startSimulator } from './support.ts'

describe('subscribing', () => {
  it('is answered with the existing channels and silently omits the others', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const good = [
      'book.BTC-PERPETUAL.100ms',
      'book.BTC-PERPETUAL.none.10.100ms',
      'book.BTC-PERPETUAL.5.20.agg2',
      'trades.BTC-PERPETUAL.100ms',
      'trades.future.BTC.100ms',
      'ticker.BTC-PERPETUAL.agg2',
      'quote.BTC-PERPETUAL',
      'deribit_price_index.btc_usd',
      'instrument.state.any.any',
      'platform_state',
    ]
    const bad = [
      'book.NO-PERPETUAL.100ms',
      'book.BTC-PERPETUAL.50ms',
      'book.BTC-PERPETUAL.none.5.100ms',
      'book.BTC-PERPETUAL.3.10.100ms',
      'book.BTC-PERPETUAL.none.10',
      'trades.future-BTC.100ms',
      'deribit_price_index.no_usd',
      'nonsense',
    ]
    const acknowledged = await client.subscribe(...bad, ...good)
    expect([...acknowledged].sort()).toEqual([...good].sort())
    // The exchange orders the channels.
    expect(acknowledged).not.toEqual(good)
  })

  it('to unknown channels only is answered with an empty list', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.subscribe('book.NO-PERPETUAL.100ms')).toEqual([])
  })

  it('requires a list', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    expect(await client.call('public/subscribe', { channels: 'platform_state' })).toMatchObject({
      error: { code: -32_602, data: { param: 'channels', reason: 'value must be a list' } },
    })
  })

  it('to a raw channel without a login fails the whole call', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const channels = ['book.BTC-PERPETUAL.100ms', 'book.BTC-PERPETUAL.raw']
    expect(await client.call('public/subscribe', { channels })).toMatchObject({
      error: { code: 13_778, message: 'raw_subscriptions_not_available_for_unauthorized' },
    })
    expect(client.books('book.BTC-PERPETUAL.100ms')).toEqual([])
  })

  it('again is echoed without a new snapshot, and with one after an unsubscribe', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const channel = 'book.BTC-PERPETUAL.100ms'
    expect(await client.subscribe(channel)).toEqual([channel])
    expect(await client.subscribe(channel)).toEqual([channel])
    await client.settle()
    expect(client.books(channel)).toHaveLength(1)
    const answer = await client.call('public/unsubscribe', { channels: [channel, 'quote.X'] })
    expect(answer['result']).toEqual([channel])
    await client.subscribe(channel)
    await client.settle()
    expect(client.books(channel).map(({ type }) => type)).toEqual(['snapshot', 'snapshot'])
  })

  it('ends for all channels at once', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe('book.BTC-PERPETUAL.100ms', 'book.BTC-PERPETUAL.none.1.100ms')
    expect(await client.call('public/unsubscribe_all')).toMatchObject({ result: 'ok' })
    const before = client.texts.length
    await run(clock, client, 2_000)
    expect(client.texts).toHaveLength(before)
  })
})

describe('the incremental channel', () => {
  const channel = 'book.BTC-PERPETUAL.100ms'

  it('sends the answer, then the snapshot, then a sequence that leads to the reference book', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 40 })
    const client = await Client.open(simulator)
    await client.subscribe(channel)
    clock.advance(20_000)
    // The last bucket ends without a change.
    simulator.faults.set('still')
    await run(clock, client, 200)
    expect(client.messages[0]).toHaveProperty('result')
    const [snapshot, ...changes] = client.books(channel)
    expect(snapshot).toMatchObject({ type: 'snapshot' })
    expect(snapshot).not.toHaveProperty('prev_change_id')
    expect(changes.length).toBeGreaterThan(150)
    const book = new PlainBook()
    let last = snapshot?.change_id
    if (snapshot !== undefined) book.apply(snapshot)
    for (const change of changes) {
      expect(change.type).toBe('change')
      expect(change.prev_change_id).toBe(last)
      expect(change.change_id).toBeGreaterThan(change.prev_change_id ?? Infinity)
      last = change.change_id
      book.apply(change)
    }
    const reference = simulator.reference('BTC-PERPETUAL')
    expect(book.levels('bids')).toEqual(reference?.bids)
    expect(book.levels('asks')).toEqual(reference?.asks)
  })

  it('sends new, change and delete, best first, with 0 on delete', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe(channel)
    await run(clock, client, 20_000)
    const [, ...changes] = client.books(channel)
    const rows = changes.flatMap(({ bids, asks }) => [...bids, ...asks])
    expect(new Set(rows.map(([action]) => action))).toEqual(new Set(['new', 'change', 'delete']))
    for (const [action, , amount] of rows) expect(amount === 0).toBe(action === 'delete')
    for (const { bids, asks } of changes) {
      const prices = (side: typeof bids): number[] => side.map(([, price]) => price)
      expect(prices(bids)).toEqual(prices(bids).sort((a, b) => b - a))
      expect(prices(asks)).toEqual(prices(asks).sort((a, b) => a - b))
    }
  })

  it('sends a second client a snapshot from which the shared sequence continues', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 30 })
    const first = await Client.open(simulator)
    await first.subscribe(channel)
    clock.advance(3_330)
    const second = await Client.open(simulator)
    await second.subscribe(channel)
    clock.advance(3_000)
    for (const client of [first, second]) await client.settle()
    for (const client of [first, second]) {
      const frames = client.books(channel)
      frames.slice(1).forEach((frame, index) => {
        expect(frame.prev_change_id).toBe(frames[index]?.change_id)
      })
    }
    const newest = (client: Client): unknown => client.books(channel).at(-1)
    expect(newest(second)).toEqual(newest(first))
  })

  it('has a separate sequence for each interval', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 40, isRawOpen: true })
    const client = await Client.open(simulator)
    const intervals = ['raw', '100ms', 'agg2']
    await client.subscribe(...intervals.map((interval) => `book.BTC-PERPETUAL.${interval}`))
    await run(clock, client, 10_000)
    const counts = intervals.map((interval) => {
      const frames = client.books(`book.BTC-PERPETUAL.${interval}`)
      frames.slice(1).forEach((frame, index) => {
        expect(frame.prev_change_id).toBe(frames[index]?.change_id)
      })
      return frames.length
    })
    const [raw = 0, hundred = 0, agg2 = 0] = counts
    // 400 changes, at most 100 buckets, at most 10 of a second.
    expect(raw).toBeGreaterThan(350)
    expect(hundred).toBeGreaterThan(80)
    expect(hundred).toBeLessThanOrEqual(102)
    expect(agg2).toBeGreaterThan(8)
    expect(agg2).toBeLessThanOrEqual(12)
  })

  it('formats numbers in exponent form if that is shorter, else with a decimal point', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    await client.subscribe(channel)
    await client.settle()
    const text = client.texts.find((frame) => frame.includes('"snapshot"')) ?? ''
    expect(text).toMatch(/,1\.0e3\]/)
    expect(text).toMatch(/,\d+\.0\]/)
    expect(text).not.toMatch(/,\d+\]/)
  })

  it('sends nothing for an unchanging book', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10, scenario: 'still' })
    const client = await Client.open(simulator)
    await client.subscribe(channel)
    await client.settle()
    const before = client.texts.length
    await run(clock, client, 600_000)
    expect(client.texts).toHaveLength(before)
    expect(simulator.connections).toBe(1)
  })

  it('shares ids with other instruments, so that they are not consecutive', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC-25DEC26']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 20 })
    const client = await Client.open(simulator)
    await client.subscribe('book.BTC-PERPETUAL.100ms', 'book.BTC-25DEC26.100ms')
    await run(clock, client, 2_000)
    const ids = instruments.flatMap((name) =>
      client.books(`book.${name}.100ms`).map((book) => book.change_id),
    )
    expect(new Set(ids).size).toBe(ids.length)
    const [first = 0, second = 0] = client.books('book.BTC-PERPETUAL.100ms').map((b) => b.change_id)
    expect(second - first).toBeGreaterThan(1)
  })
})

describe('the grouped channel', () => {
  it('sends a frame for each change on raw, after a login', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 50 })
    const client = await Client.open(simulator)
    const channel = 'book.BTC-PERPETUAL.none.10.raw'
    expect(await client.call('public/subscribe', { channels: [channel] })).toMatchObject({
      error: { code: 13_778 },
    })
    await client.call('public/auth', {
      grant_type: 'client_credentials',
      client_id: 'simulator',
      client_secret: 'SIM_SECRET_KEY_0001',
    })
    expect(await client.subscribe(channel)).toEqual([channel])
    const changeIds = [simulator.reference('BTC-PERPETUAL')?.changeId]
    for (let step = 0; step < 200; step += 1) {
      await run(clock, client, 5)
      const changeId = simulator.reference('BTC-PERPETUAL')?.changeId
      if (changeId !== changeIds.at(-1)) changeIds.push(changeId)
    }
    const snapshots = client.books(channel)
    expect(changeIds.length).toBeGreaterThan(30)
    expect(snapshots.map(({ change_id }) => change_id)).toEqual(expect.arrayContaining(changeIds))
    expect(snapshots.at(-1)).toMatchObject({
      bids: simulator.reference('BTC-PERPETUAL')?.bids.slice(0, 10),
      asks: simulator.reference('BTC-PERPETUAL')?.asks.slice(0, 10),
    })
  })

  it('sends snapshots of the best levels, without type and previous id', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    const channel = 'book.BTC-PERPETUAL.none.10.100ms'
    await client.subscribe(channel)
    await run(clock, client, 5_000)
    const snapshots = client.books(channel)
    expect(snapshots.length).toBeGreaterThan(40)
    for (const snapshot of snapshots) {
      expect(snapshot).not.toHaveProperty('type')
      expect(snapshot).not.toHaveProperty('prev_change_id')
    }
    const reference = simulator.reference('BTC-PERPETUAL')
    expect(snapshots.at(-1)).toMatchObject({
      change_id: reference?.changeId,
      timestamp: reference?.timestampMs,
      bids: reference?.bids.slice(0, 10),
      asks: reference?.asks.slice(0, 10),
    })
  })

  it('sums the amounts of a group', async () => {
    const { simulator } = await startSimulator()
    const client = await Client.open(simulator)
    const channel = 'book.BTC-PERPETUAL.10.20.100ms'
    await client.subscribe(channel)
    await client.settle()
    const [snapshot] = client.books(channel)
    const reference = simulator.reference('BTC-PERPETUAL')
    const sumOf = (side: 'bids' | 'asks', price: unknown): number =>
      (reference?.[side] ?? [])
        .filter(([at]) => (side === 'bids' ? Math.floor : Math.ceil)(at / 10) * 10 === price)
        .reduce((sum, [, amount]) => sum + amount, 0)
    for (const side of ['bids', 'asks'] as const) {
      const rows = snapshot?.[side] ?? []
      expect(rows.length).toBeGreaterThan(2)
      for (const [price, amount] of rows) expect(amount).toBe(sumOf(side, price))
    }
  })

  it('sometimes has its keys in another order and an unknown field', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    const channel = 'book.BTC-PERPETUAL.none.1.100ms'
    await client.subscribe(channel)
    await run(clock, client, 20_000)
    const odd = client.texts.filter((text) => text.startsWith('{"params"'))
    expect(odd.length).toBeGreaterThan(1)
    expect(odd.length).toBeLessThan(10)
    expect(odd.every((text) => text.includes('"sim_unknown"'))).toBe(true)
    expect(client.books(channel).length).toBeGreaterThan(195)
  })

  it('is padded to the requested size with an unknown field', async () => {
    const { simulator } = await startSimulator({ frameBytes: 725 })
    const client = await Client.open(simulator)
    await client.subscribe('book.BTC-PERPETUAL.none.10.100ms')
    await client.settle()
    const bytes = client.texts.at(-1)?.length ?? 0
    expect(bytes).toBeGreaterThan(700)
    expect(bytes).toBeLessThan(750)
  })
})

describe('the random books', () => {
  it('are never crossed, locked or empty, and have prices on their ticks', async () => {
    const instruments = ['BTC-PERPETUAL', 'BTC-25DEC26-90000-C', 'BTC_USDC', 'XRP_USDC-PERPETUAL']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 400 })
    const ticks = [0.5, 0.0001, 0.1, 0.000_001]
    for (let second = 0; second < 120; second += 1) {
      clock.advance(1_000)
      instruments.forEach((name, index) => {
        const { bids = [], asks = [] } = simulator.reference(name) ?? {}
        const [bid, ask] = [bids[0]?.[0] ?? NaN, asks[0]?.[0] ?? NaN]
        expect(bid).toBeLessThan(ask)
        const steps = bid / (ticks[index] ?? NaN)
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-6)
      })
    }
  })

  it('are the same for the same seed, independent of clients', async () => {
    const levels = async (seed: number, isWatched: boolean): Promise<unknown> => {
      const { simulator, clock } = await startSimulator({ seed, ratePerSecond: 50 })
      if (isWatched) await (await Client.open(simulator)).subscribe('platform_state', 'quote.X')
      clock.advance(10_000)
      return simulator.reference('BTC-PERPETUAL')
    }
    const first = await levels(7, false)
    expect(await levels(7, true)).toEqual(first)
    expect(await levels(8, false)).not.toEqual(first)
  })

  it('change at the requested rate', async () => {
    const { simulator, clock } = await startSimulator({ instruments: 20, ratePerSecond: 100 })
    const client = await Client.open(simulator)
    await client.subscribe(...simulator.instruments.map((name) => `book.${name}.none.10.100ms`))
    await client.settle()
    const before = client.texts.length
    await run(clock, client, 10_000)
    expect(client.texts.length - before).toBeGreaterThan(950)
    expect(client.texts.length - before).toBeLessThanOrEqual(1_001)
  })

  it('trade with consecutive sequence numbers in the format of 2026', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 50 })
    const client = await Client.open(simulator)
    await client.subscribe('trades.BTC-PERPETUAL.100ms')
    await run(clock, client, 30_000)
    const trades = client
      .data<readonly { trade_seq: number; amount: number; contracts: number }[]>(
        'trades.BTC-PERPETUAL.100ms',
      )
      .flat()
    expect(trades.length).toBeGreaterThan(20)
    trades.slice(1).forEach(({ trade_seq }, index) => {
      expect(trade_seq).toBe((trades[index]?.trade_seq ?? NaN) + 1)
    })
    expect(trades.every(({ amount, contracts }) => contracts === amount / 10)).toBe(true)
    const { result } = await client.call('public/get_last_trades_by_instrument', {
      instrument_name: 'BTC-PERPETUAL',
      start_seq: trades[2]?.trade_seq,
      end_seq: trades[4]?.trade_seq,
    })
    expect(result).toMatchObject({ trades: trades.slice(2, 5), has_more: false })
  })
})

describe('other channels', () => {
  it('send the ticker at once and the price index every second', async () => {
    const { simulator, clock } = await startSimulator()
    const client = await Client.open(simulator)
    await client.subscribe('ticker.BTC-PERPETUAL.100ms', 'deribit_price_index.btc_usd')
    await run(clock, client, 3_010)
    expect(client.data('ticker.BTC-PERPETUAL.100ms')[0]).toMatchObject({
      instrument_name: 'BTC-PERPETUAL',
      state: 'open',
      best_bid_price: expect.any(Number) as number,
    })
    expect(client.data('deribit_price_index.btc_usd')).toHaveLength(3)
  })

  it('send a quote at every change of the top and only then', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 40 })
    const client = await Client.open(simulator)
    await client.subscribe('quote.BTC-PERPETUAL')
    await run(clock, client, 10_000)
    const quotes = client.data('quote.BTC-PERPETUAL').map(({ timestamp, ...top }) => {
      expect(timestamp).toEqual(expect.any(Number))
      return JSON.stringify(top)
    })
    expect(quotes.length).toBeGreaterThan(10)
    quotes.slice(1).forEach((top, index) => expect(top).not.toBe(quotes[index]))
  })
})
