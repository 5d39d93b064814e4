import { describe, expect, it } from 'vitest'
import type { TradeWindowNumbers } from '../../../src/model/snapshot.ts'
import * as frames from '../../support/frames.ts'
import { checkpointHeaders, type GivenRecord, processFixture } from '../process-fixture.ts'

const { BTC, ETH, groupedSnapshot, trade, trades } = frames
const LATENCY_MS = 20
const ABSENT = { tradeFlowImbalance: null, buyVolume: null, sellVolume: null, tradeCount: null }

/** Processing with a book that is live and covered for more than a minute, as are its trades. */
function covered(options: Parameters<typeof processFixture>[0] = {}) {
  const fixture = processFixture(options)
  const { clock } = fixture
  let changeId = 70_000_000_000
  let seq = 301_000_000
  const exchangeTimeMs = () => clock.nowMs() - LATENCY_MS
  const market = {
    ...fixture,
    exchangeTimeMs,
    book: (instrument = BTC) => {
      changeId += 5
      const text = groupedSnapshot({ instrument, changeId, exchangeTimeMs: exchangeTimeMs() })
      fixture.send(text, { key: instrument })
    },
    nextSeq: () => (seq += 1),
    /** One record of trades; default: the next number, the current time. */
    trade: (given: readonly frames.TradeOptions[], record: GivenRecord = {}) => {
      const instrument = record.key ?? BTC
      const text = trades(
        given.map((each) =>
          trade({
            instrument,
            seq: each.seq ?? market.nextSeq(),
            exchangeTimeMs: exchangeTimeMs(),
            ...each,
          }),
        ),
        `trades.${instrument}.100ms`,
      )
      fixture.send(text, { topic: 'trades', key: instrument, ...record })
    },
    run: (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1000)
        market.book()
      }
    },
    window: (index: number, instrument = BTC): TradeWindowNumbers | undefined => {
      const window = fixture.store.snapshot(instrument, 1)?.windows[index]
      if (window === undefined) return undefined
      const { tradeFlowImbalance, buyVolume, sellVolume, tradeCount } = window
      return { tradeFlowImbalance, buyVolume, sellVolume, tradeCount }
    },
    minute: () => market.window(2),
    lastTrade: () => fixture.store.snapshot(BTC, 1)?.lastTrade,
  }
  market.trade([{ amount: 1 }])
  market.book()
  market.run(61)
  return market
}

describe('trades', () => {
  it('are summed by the side of the taker over each window, and the newest is shown', () => {
    const market = covered()
    expect(market.minute()).toEqual(ABSENT)
    market.trade([{ amount: 40 }, { direction: 'sell', amount: 10, price: 60_999.5 }])
    market.book()
    const expected = { tradeFlowImbalance: 0.6, buyVolume: 40, sellVolume: 10, tradeCount: 2 }
    for (const index of [0, 1, 2]) expect(market.window(index)).toEqual(expected)
    expect(market.lastTrade()).toEqual({
      price: 60_999.5,
      amount: 10,
      side: 'sell',
      exchangeTimeMs: market.exchangeTimeMs(),
    })
    market.run(1)
    expect(market.window(0)).toEqual(ABSENT)
    expect(market.window(1)).toEqual(expected)
    market.run(59)
    expect(market.minute()).toEqual(ABSENT)
    expect(market.lastTrade()).toMatchObject({ amount: 10 })
  })

  it('give no series in a market without trades', () => {
    const { clock, send, store } = processFixture()
    for (let second = 0; second < 70; second++) {
      send(groupedSnapshot({ changeId: second + 1, exchangeTimeMs: clock.nowMs() }))
      clock.advance(1000)
    }
    expect(store.snapshot(BTC, 1)).toMatchObject({
      lastTrade: null,
      windows: [ABSENT, ABSENT, ABSENT],
    })
    expect(store.snapshot(BTC, 1)?.windows[2]?.coverage).toBe(1)
  })

  it('count once, even if sent again', () => {
    const market = covered()
    const seq = market.nextSeq()
    const given = [{ seq, amount: 40 }]
    market.trade(given)
    market.trade(given)
    market.trade([{ seq, amount: 40 }, { amount: 2 }])
    market.trade([{ seq: seq - 1, amount: 7, exchangeTimeMs: market.exchangeTimeMs() - 500 }])
    market.book()
    expect(market.minute()).toMatchObject({ buyVolume: 42, tradeCount: 2 })
    expect(market.sequenceBreaks('trade_gap')).toBe(0)
  })

  it('restart after a missing one, and count a break', () => {
    const market = covered()
    market.trade([{ amount: 40 }])
    market.run(1)
    market.nextSeq()
    market.trade([{ amount: 5 }])
    market.run(1)
    market.trade([{ amount: 3 }])
    market.run(8)
    expect(market.sequenceBreaks('trade_gap')).toBe(1)
    expect(market.window(1)).toEqual(ABSENT)
    market.run(1)
    // Ten seconds after the gap: only trades after it.
    expect(market.window(1)).toMatchObject({ buyVolume: 3, tradeCount: 1 })
    expect(market.minute()).toEqual(ABSENT)
    market.run(50)
    expect(market.minute()).toMatchObject({ buyVolume: 3, tradeCount: 1 })
    // The windows of the book are unaffected.
    expect(market.store.snapshot(BTC, 1)?.windows[2]?.coverage).toBe(1)
  })

  it('whose numbers restart are accepted, not dropped as duplicates', () => {
    const market = covered()
    market.run(1)
    market.trade([{ seq: 1, amount: 40 }])
    market.trade([{ seq: 2, amount: 4 }])
    expect(market.sequenceBreaks('trade_gap')).toBe(1)
    market.run(10)
    market.trade([{ seq: 3, amount: 2 }])
    market.book()
    expect(market.window(0)).toMatchObject({ buyVolume: 2 })
  })

  it('of blocks and combo legs keep the sequence unbroken and are in no sum', () => {
    const market = covered()
    market.trade([
      { amount: 1000, more: '"block_trade_id":"BLOCK-77","block_trade_leg_count":2' },
      { amount: 500, more: '"combo_id":"BTC-FS-25DEC26_PERP","combo_trade_id":455000009' },
      { amount: 2 },
      { amount: 4, more: `"combo_id":"${BTC}"` },
    ])
    market.book()
    expect(market.sequenceBreaks('trade_gap')).toBe(0)
    expect(market.minute()).toMatchObject({ buyVolume: 6, tradeCount: 2 })
    market.trade([{ amount: 9000, more: '"block_trade_id":"BLOCK-78"' }])
    expect(market.lastTrade()).toMatchObject({ amount: 4 })
  })

  it('are absent in windows that reach back before the first record of their partition', () => {
    const market = processFixture()
    const at = () => market.clock.nowMs() - LATENCY_MS
    const step = (changeId: number) => {
      market.clock.advance(1000)
      market.send(groupedSnapshot({ changeId, exchangeTimeMs: at() }))
    }
    for (let changeId = 1; changeId <= 70; changeId++) step(changeId)
    market.send(trades([trade({ seq: 1, exchangeTimeMs: at() })]), { topic: 'trades' })
    market.send(trades([trade({ seq: 2, exchangeTimeMs: at() + 1 })]), { topic: 'trades' })
    for (let changeId = 71; changeId <= 79; changeId++) step(changeId)
    expect(market.store.snapshot(BTC, 1)?.windows[1]).toMatchObject({ coverage: 1, ...ABSENT })
    step(80)
    expect(market.store.snapshot(BTC, 1)?.windows[1]).toMatchObject({ coverage: 1, tradeCount: 1 })
  })

  it('are read for the part of a window that its book covers', () => {
    const market = covered()
    market.trade([{ amount: 40 }])
    market.run(1)
    market.send(groupedSnapshot({ changeId: 8e10, asks: [] }))
    market.send(groupedSnapshot({ changeId: 9e10, exchangeTimeMs: market.exchangeTimeMs() }))
    market.clock.advance(1000)
    market.trade([{ amount: 2 }])
    for (let second = 1; second <= 5; second++) {
      market.send(
        groupedSnapshot({ changeId: 9e10 + second, exchangeTimeMs: market.exchangeTimeMs() }),
      )
      if (second < 5) expect(market.window(1)).toEqual(ABSENT)
      market.clock.advance(1000)
    }
    // The trade before the break is less than ten seconds old, but the window starts after it.
    expect(market.store.snapshot(BTC, 1)?.windows[1]).toMatchObject({
      coverage: 0.5,
      buyVolume: 2,
      tradeCount: 1,
    })
  })

  it('that are ahead of the book count once its clock reaches them', () => {
    const market = covered()
    market.clock.advance(500)
    market.trade([{ amount: 40 }])
    expect(market.minute()).toEqual(ABSENT)
    market.send(groupedSnapshot({ changeId: 70_000_000_000 + 62 * 5 }), {
      headers: checkpointHeaders(market.clock.nowMs()),
    })
    expect(market.minute()).toMatchObject({ buyVolume: 40 })
  })

  it('are absent while older ones wait in an assigned partition', () => {
    const market = covered()
    market.processor.onAssigned([{ topic: 'trades', partition: 0 }])
    market.trade([{ amount: 40 }], { isReplayed: true, isAtEnd: false })
    market.book()
    expect(market.minute()).toEqual(ABSENT)
    expect(market.lastTrade()).toBeNull()
    market.trade([{ amount: 2 }], { isReplayed: true, isAtEnd: true })
    expect(market.minute()).toMatchObject({ buyVolume: 42 })
    market.processor.onAssigned([{ topic: 'trades', partition: 0 }])
    expect(market.minute()).toEqual(ABSENT)
    market.processor.onCaughtUp({ topic: 'trades', partition: 0 })
    expect(market.minute()).toMatchObject({ buyVolume: 42 })
  })

  it('may come before the first snapshot of their book', () => {
    const { clock, send, store } = processFixture()
    const at = () => clock.nowMs() - LATENCY_MS
    send(
      trades([trade({ instrument: ETH, seq: 1, exchangeTimeMs: at() })], `trades.${ETH}.100ms`),
      {
        topic: 'trades',
        key: ETH,
      },
    )
    clock.advance(10)
    send(trades([trade({ seq: 1, amount: 8, exchangeTimeMs: at() })]), { topic: 'trades' })
    expect(store.instruments()).toEqual([])
    send(groupedSnapshot({ changeId: 1, exchangeTimeMs: at() - 60_000 }))
    clock.advance(500)
    send(groupedSnapshot({ changeId: 2, exchangeTimeMs: at() }))
    // Half a second is covered: the trade of just before the first snapshot is not in it.
    expect(store.snapshot(BTC, 1)).toMatchObject({ lastTrade: { amount: 8 } })
    expect(store.snapshot(BTC, 1)?.windows[0]).toMatchObject({ coverage: 0.5, ...ABSENT })
    send(trades([trade({ seq: 2, amount: 3, exchangeTimeMs: at() })]), { topic: 'trades' })
    expect(store.snapshot(BTC, 1)?.windows[0]).toMatchObject({ buyVolume: 3 })
  })
})

describe('a record of the trades topic', () => {
  it.each([
    ['a tombstone', null, {}, 'schema'],
    ['bytes that are no JSON', '\u0000', {}, 'json'],
    ['a book among the trades', groupedSnapshot(), {}, 'unknown_channel'],
    ['the key of another instrument', trades([trade()]), { key: ETH }, 'key_mismatch'],
    ['trades of two instruments', trades([trade(), trade({ instrument: ETH })]), {}, 'schema'],
    ['a record without a timestamp', trades([trade()]), { timestampMs: -1 }, 'timestamp'],
    [
      'a trade timed in seconds',
      trades([trade(), trade({ seq: 2, exchangeTimeMs: 1_790_000_000 })]),
      {},
      'timestamp',
    ],
    [
      'a trade without a number',
      trades([trade().replace('"trade_seq":301000001,', '')]),
      {},
      'schema',
    ],
  ] as const)('that cannot be used is skipped and counted: %s', (_what, value, given, reason) => {
    const { send, invalid, consumed, store } = processFixture()
    send(value, { topic: 'trades', ...given })
    expect(invalid(reason, 'trades')).toBe(1)
    expect(consumed('trades')).toBe(1)
    expect(consumed()).toBe(0)
    expect(store.instruments()).toEqual([])
  })

  it('adds no instrument, and verifies no book', () => {
    const { send, store, clock, state } = processFixture()
    send(trades([trade()]), { topic: 'trades' })
    expect(store.instruments()).toEqual([])
    send(groupedSnapshot())
    clock.advance(5001)
    send(trades([trade({ seq: 301_000_002 })]), { topic: 'trades' })
    expect(state()).toBe('stale:unverified')
  })

  it('is removed with the partition of the trades topic, not of the book topic', () => {
    const market = covered()
    market.trade([{ amount: 40 }])
    market.book()
    expect(market.minute()).toMatchObject({ buyVolume: 40 })
    market.processor.onRevoked([{ topic: 'trades', partition: 0 }])
    expect(market.state()).toBe('live')
    expect(market.minute()).toEqual(ABSENT)
    expect(market.lastTrade()).toBeNull()
    // Later records may not include the trades in between.
    market.trade([{ amount: 1 }])
    market.run(59)
    expect(market.minute()).toEqual(ABSENT)
  })
})

describe('the trades of a removed instrument', () => {
  it('are removed with it', () => {
    const market = covered()
    market.trade([{ amount: 40 }])
    market.clock.advance(600_001)
    market.book(ETH)
    expect(market.store.instruments().map(({ instrument }) => instrument)).toEqual([ETH])
    market.book()
    expect(market.lastTrade()).toBeNull()
  })
})

describe('trades of instruments over the limit', () => {
  const only = (instrument: string) => ({ key: instrument })

  it('are replaced by those of instruments with a book', () => {
    const market = covered({ maxInstruments: 3 })
    for (const name of ['A-PERPETUAL', 'B-PERPETUAL', 'C-PERPETUAL', 'D-PERPETUAL']) {
      market.trade([{ seq: 1 }], only(name))
    }
    market.book(ETH)
    market.trade([{ seq: 1, amount: 4 }], only(ETH))
    market.trade([{ amount: 40 }])
    market.run(1)
    expect(market.window(1)).toMatchObject({ buyVolume: 40 })
    expect(market.store.snapshot(ETH, 1)?.lastTrade).toMatchObject({ amount: 4 })
  })

  it('are not complete for excluded instruments', () => {
    const market = covered({ maxInstruments: 2 })
    market.trade([{ seq: 1 }], only('A-PERPETUAL'))
    // Excluded: over the limit, and without a book.
    market.trade([{ seq: 1, amount: 8 }], only(ETH))
    market.book(ETH)
    for (let second = 0; second < 6; second++) {
      market.clock.advance(1000)
      market.book(ETH)
      market.trade([{ seq: second + 2, amount: 1 }], only(ETH))
    }
    market.book(ETH)
    const window = market.store.snapshot(ETH, 1)?.windows[1]
    expect(window).toMatchObject({ coverage: 0.6, ...ABSENT })
    expect(market.window(0, ETH)).toMatchObject({ buyVolume: 1 })
  })
})
