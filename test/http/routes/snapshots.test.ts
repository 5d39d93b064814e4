import { describe, expect, it } from 'vitest'
import { FakeSnapshots, httpApp, liveView } from '../fakes.ts'

const stale = liveView({ instrument: 'ETH-PERPETUAL', state: 'stale', reason: 'unverified' })

function appWith(...views: Parameters<typeof liveView>[0][]) {
  const snapshots = new FakeSnapshots(...views.map((overrides) => liveView(overrides)))
  return { snapshots, app: httpApp({ snapshots }).app }
}

describe('GET /api/v1/snapshots/{instrument}', () => {
  it('returns one book with every documented field and null for missing values', async () => {
    const { app } = appWith({})
    const response = await app.inject('/api/v1/snapshots/BTC-PERPETUAL')
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toContain('application/json')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual({
      instrument: 'BTC-PERPETUAL',
      state: 'live',
      reason: null,
      sinceMs: 1_790_000_000_000,
      amountUnit: 'USD',
      changeId: 70_000_000_137,
      exchangeTimeMs: 1_790_000_001_093,
      receivedTimeMs: 1_790_000_001_101,
      publishedTimeMs: 1_790_000_001_104,
      verifiedTimeMs: 1_790_000_001_101,
      ageMs: 42,
      bestBid: { price: 61_000, amount: 24_990 },
      bestAsk: { price: 61_000.5, amount: 18_000 },
      midPrice: 61_000.25,
      weightedMidPrice: 61_000.29,
      spread: 0.5,
      spreadRatio: 0.0000082,
      imbalance: { '1': 0.1626, '5': null, '10': -0.02 },
      levels: { bid: 2, ask: 1 },
      bands: {
        '5': { bid: null, ask: 911_000, imbalance: null, bidCovered: false, askCovered: true },
        '10': { bid: 3, ask: 1, imbalance: 0.5, bidCovered: true, askCovered: true },
      },
      signals: null,
      windows: {
        '250ms': {
          orderFlowImbalance: null,
          orderFlowImbalanceRatio: null,
          tradeFlowImbalance: null,
          buyVolume: null,
          sellVolume: null,
          tradeCount: null,
          realizedVolatility: null,
          imbalanceMin: null,
          imbalanceMax: null,
          imbalanceMean: null,
          coverage: 0.4,
        },
        '10s': {
          orderFlowImbalance: 120,
          orderFlowImbalanceRatio: 0.4,
          tradeFlowImbalance: 0.5,
          buyVolume: 30,
          sellVolume: 10,
          tradeCount: 3,
          realizedVolatility: 0.41,
          imbalanceMin: -0.3,
          imbalanceMax: 0.6,
          imbalanceMean: 0.1,
          coverage: 1,
        },
      },
      lastTrade: { price: 61_000.5, amount: 40, side: 'buy', exchangeTimeMs: 1_790_000_000_950 },
      bids: [
        [61_000, 24_990],
        [60_999.5, 1e-7],
      ],
      asks: [[61_000.5, 18_000]],
      lagMs: { exchangeToReceive: 8, receiveToPublish: 3, total: 11 },
      source: { topic: 'prices', partition: 2, offset: '18234' },
      definitions: '1',
    })
  })

  it('limits the levels by depth but not their count', async () => {
    const { app } = appWith({})
    const response = await app.inject('/api/v1/snapshots/BTC-PERPETUAL?depth=1')
    expect(response.json()).toMatchObject({ bids: [[61_000, 24_990]], levels: { bid: 2 } })
  })

  it.each(['0', '1001', '-1', '1.5', 'ten', '', '1&depth=2'])('refuses depth=%s', async (depth) => {
    const { app } = appWith({})
    const response = await app.inject(`/api/v1/snapshots/BTC-PERPETUAL?depth=${depth}`)
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({
      type: '/problems/bad-request',
      status: 400,
      instance: '/api/v1/snapshots/BTC-PERPETUAL',
    })
  })

  it('accepts depth 1000', async () => {
    const { app } = appWith({})
    const response = await app.inject('/api/v1/snapshots/BTC-PERPETUAL?depth=1000')
    expect(response.statusCode).toBe(200)
  })

  it('answers 503 with the reason for a book that is not live', async () => {
    const { app } = appWith(stale)
    const response = await app.inject('/api/v1/snapshots/ETH-PERPETUAL')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toEqual({
      type: '/problems/not-live',
      title: 'Order book not live',
      status: 503,
      detail: 'ETH-PERPETUAL is stale (unverified)',
      instance: '/api/v1/snapshots/ETH-PERPETUAL',
      state: 'stale',
      reason: 'unverified',
      sinceMs: 1_790_000_000_000,
    })
  })

  it('returns the last known book with its state for allowStale=true', async () => {
    const { app } = appWith(stale)
    const response = await app.inject('/api/v1/snapshots/ETH-PERPETUAL?allowStale=true')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({
      state: 'stale',
      reason: 'unverified',
      midPrice: 61_000.25,
    })
  })

  it('answers 503 for a book without a snapshot, even with allowStale=true', async () => {
    const { app, snapshots } = appWith()
    snapshots.books.set('BTC-PERPETUAL', null)
    for (const query of ['', '?allowStale=true']) {
      const response = await app.inject(`/api/v1/snapshots/BTC-PERPETUAL${query}`)
      expect(response.statusCode).toBe(503)
      expect(response.json()).toMatchObject({ state: 'waiting', reason: 'no_snapshot' })
    }
  })

  it('answers 404 for an unknown name', async () => {
    const { app } = appWith({})
    const response = await app.inject('/api/v1/snapshots/NO-SUCH')
    expect(response.statusCode).toBe(404)
    expect(response.json()).toMatchObject({ type: '/problems/unknown-instrument' })
  })

  it('names the partition of an instrument that another process owns', async () => {
    const { app, snapshots } = appWith({})
    snapshots.foreign.set('SOL_USDC-PERPETUAL', 3)
    const response = await app.inject('/api/v1/snapshots/SOL_USDC-PERPETUAL')
    expect(response.statusCode).toBe(404)
    expect(response.json()).toMatchObject({ type: '/problems/not-owned', partition: 3 })
  })

  it('names no partition for a malformed name', async () => {
    const { app, snapshots } = appWith({})
    snapshots.foreign.set('a b', 3)
    const response = await app.inject('/api/v1/snapshots/a%20b')
    expect(response.json()).toMatchObject({ status: 404, type: '/problems/unknown-instrument' })
  })
})

describe('GET /api/v1/snapshots', () => {
  it('lists live books without levels and windows', async () => {
    const { app } = appWith({}, stale)
    const body = (await app.inject('/api/v1/snapshots')).json<{ snapshots: object[] }>()
    expect(body.snapshots).toHaveLength(1)
    expect(body.snapshots[0]).toMatchObject({ instrument: 'BTC-PERPETUAL', midPrice: 61_000.25 })
    for (const name of ['bids', 'asks', 'windows']) {
      expect(body.snapshots[0]).not.toHaveProperty(name)
    }
  })

  it('lists all books with state=any, without values for books that are not live', async () => {
    const { app, snapshots } = appWith({}, stale)
    snapshots.books.set('XRP_USDC-PERPETUAL', null)
    const body = (await app.inject('/api/v1/snapshots?state=any')).json<{ snapshots: object[] }>()
    expect(body.snapshots).toHaveLength(3)
    expect(body.snapshots[1]).toMatchObject({
      instrument: 'ETH-PERPETUAL',
      state: 'stale',
      midPrice: null,
      bestBid: null,
      imbalance: { '1': null, '5': null, '10': null },
      bands: {
        '5': { bid: null, ask: null, imbalance: null, bidCovered: null, askCovered: null },
        '10': { bid: null, ask: null, imbalance: null, bidCovered: null, askCovered: null },
      },
      lastTrade: null,
      exchangeTimeMs: 1_790_000_001_093,
    })
    expect(body.snapshots[2]).toMatchObject({
      state: 'waiting',
      source: null,
      verifiedTimeMs: null,
    })
  })

  it('refuses states other than live and any', async () => {
    const { app } = appWith({})
    const response = await app.inject('/api/v1/snapshots?state=stale')
    expect(response.statusCode).toBe(400)
  })

  it('excludes a book that stops being live while the list is created', async () => {
    const { app, snapshots } = appWith({})
    snapshots.instruments = () => [liveView()]
    snapshots.books.set('BTC-PERPETUAL', stale)
    expect((await app.inject('/api/v1/snapshots')).json()).toEqual({ snapshots: [] })
  })
})

describe('GET /api/v1/instruments', () => {
  it('lists every instrument with its state', async () => {
    const { app, snapshots } = appWith({})
    snapshots.books.set('ETH-PERPETUAL', null)
    const response = await app.inject('/api/v1/instruments')
    expect(response.json()).toEqual({
      instruments: [
        {
          instrument: 'BTC-PERPETUAL',
          state: 'live',
          reason: null,
          sinceMs: 1_790_000_000_000,
          lastUpdateMs: 1_790_000_001_093,
          verifiedTimeMs: 1_790_000_001_101,
        },
        {
          instrument: 'ETH-PERPETUAL',
          state: 'waiting',
          reason: 'no_snapshot',
          sinceMs: 1_790_000_000_000,
          lastUpdateMs: null,
          verifiedTimeMs: null,
        },
      ],
    })
  })
})

describe('market routes of a process without books', () => {
  it.each(['/api/v1/instruments', '/api/v1/snapshots', '/api/v1/snapshots/BTC-PERPETUAL'])(
    '%s answers 404 with the roles that have them',
    async (url) => {
      const response = await httpApp({ snapshots: null }).app.inject(url)
      expect(response.statusCode).toBe(404)
      expect(response.json()).toMatchObject({ type: '/problems/wrong-role' })
      expect(response.json<{ detail: string }>().detail).toContain('ROLE=consumer or ROLE=all')
    },
  )
})
