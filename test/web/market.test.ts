import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Snapshot, StreamEvent } from '../../client/api-client.ts'
import { mapSnapshot } from '../../src/http/schemas/snapshot-json.ts'
import { BookStream } from '../../web/data/book-stream.ts'
import { History } from '../../web/data/history.ts'
import { Link } from '../../web/data/link.ts'
import { Market } from '../../web/data/market.ts'
import { StateChanges } from '../../web/data/state-changes.ts'
import { FakeSnapshots, liveView } from '../http/fakes.ts'

const axes = new FakeSnapshots()

function snapshot(instrument = 'BTC-PERPETUAL'): Snapshot {
  return mapSnapshot(liveView({ instrument }), axes)
}

const state = (instrument: string, word: 'live' | 'stale' | null, reason: string | null = null) => {
  const times = { sinceMs: 7, lastUpdateMs: null, verifiedTimeMs: null }
  return { event: 'state', data: { instrument, state: word, reason, ...times } } as const
}
const item = (instrument: string, word: 'live' | 'stale' = 'live') => {
  const times = { sinceMs: 5, lastUpdateMs: null, verifiedTimeMs: null }
  return { instrument, state: word, reason: word === 'live' ? null : 'unverified', ...times }
}

function subscribed(...names: string[]) {
  const link = new Link()
  link.verify()
  const market = new Market(link)
  market.subscribed = new Set(names)
  market.setInstruments(names.map((name) => item(name)))
  link.streamProblem = null
  return { link, market }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the values on the page', () => {
  it('are shown while the stream repeats the book', () => {
    const { link, market } = subscribed('BTC-PERPETUAL')
    market.apply({ event: 'snapshot', data: snapshot() })
    expect(market.read('BTC-PERPETUAL')).toMatchObject({
      isLive: true,
      book: { midPrice: 61_000.25 },
    })
    vi.advanceTimersByTime(3400)
    link.verify()
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: true, eventAgeMs: 3400 })
    vi.advanceTimersByTime(200)
    link.verify()
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, reason: 'no_event' })
  })

  it('are hidden after a sleep of the machine until the service has answered', () => {
    const { link, market } = subscribed('BTC-PERPETUAL')
    market.apply({ event: 'snapshot', data: snapshot() })
    // Asleep: the wall clock advances, the monotonic clock does not.
    vi.setSystemTime(Date.now() + 30_000)
    expect(link.isAlive).toBe(false)
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, reason: 'no_answer' })
    link.verify()
    expect(link.isAlive).toBe(true)
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, reason: 'no_event' })
    market.apply({ event: 'snapshot', data: snapshot() })
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: true, eventAgeMs: 0 })
  })

  it('do not come from data buffered in the socket during a sleep', async () => {
    const { link, market } = subscribed()
    const given: (() => void)[] = []
    const opened: number[] = []
    const service = {
      async *stream(): AsyncGenerator<StreamEvent> {
        opened.push(Date.now())
        for (;;) {
          await new Promise<void>((resolve) => given.push(resolve))
          yield { event: 'snapshot', data: snapshot() }
        }
      },
    }
    const stream = new BookStream({ service, link, market })
    const nextEvent = async () => {
      given.shift()?.()
      await vi.advanceTimersByTimeAsync(0)
    }
    stream.subscribe(['BTC-PERPETUAL'])
    await nextEvent()
    expect(market.read('BTC-PERPETUAL').isLive).toBe(true)
    vi.setSystemTime(Date.now() + 30_000)
    link.verify()
    await nextEvent()
    expect(market.read('BTC-PERPETUAL').isLive).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    link.verify()
    await nextEvent()
    expect(opened).toHaveLength(2)
    expect(market.read('BTC-PERPETUAL').isLive).toBe(true)
    stream.subscribe([])
  })

  it('come from the list while the stream is not connected', () => {
    const { link, market } = subscribed('BTC-PERPETUAL')
    market.apply(state('BTC-PERPETUAL', 'stale', 'unverified'))
    market.setInstruments([item('BTC-PERPETUAL')])
    expect(market.stateOf('BTC-PERPETUAL')).toBe('stale')
    link.streamProblem = 'status 503'
    market.setInstruments([item('BTC-PERPETUAL')])
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ state: 'unknown', reason: 'no_stream' })
  })

  it('are hidden while the service does not answer', () => {
    const { market, link } = subscribed('BTC-PERPETUAL')
    market.apply({ event: 'snapshot', data: snapshot() })
    vi.advanceTimersByTime(2000)
    market.apply({ event: 'snapshot', data: snapshot() })
    vi.advanceTimersByTime(2500)
    expect(link.isAlive).toBe(false)
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, reason: 'no_answer' })
    expect(market.stateOf('BTC-PERPETUAL')).toBe('unknown')
  })

  it('are replaced by the reason as soon as the service reports one', () => {
    const { market } = subscribed('BTC-PERPETUAL')
    market.apply({ event: 'snapshot', data: snapshot() })
    market.apply(state('BTC-PERPETUAL', 'stale', 'unverified'))
    expect(market.read('BTC-PERPETUAL')).toEqual({
      isLive: false,
      state: 'stale',
      reason: 'unverified',
      sinceMs: 7,
    })
    // Live again, but the current book has not arrived yet.
    market.apply(state('BTC-PERPETUAL', 'live'))
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, reason: 'unverified' })
    market.apply(state('BTC-PERPETUAL', null))
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: false, state: 'gone' })
  })

  it('come from the list for instruments that the stream does not cover', () => {
    const { market } = subscribed('BTC-PERPETUAL')
    market.apply({ event: 'snapshot', data: snapshot() })
    market.setInstruments([item('BTC-PERPETUAL', 'stale'), item('A'), item('B', 'stale')])
    expect(market.read('BTC-PERPETUAL')).toMatchObject({ isLive: true })
    expect(market.read('A')).toMatchObject({ isLive: false, reason: 'not_subscribed' })
    expect(market.stateOf('A')).toBe('live')
    expect(market.read('B')).toMatchObject({ isLive: false, state: 'stale', reason: 'unverified' })
    market.setInstruments([item('A')])
    expect(market.names).toEqual(['A'])
    expect(market.read('B')).toMatchObject({ state: 'gone', reason: 'not_listed' })
  })
})

describe('state changes', () => {
  it('are reported individually, and as one if there are many', () => {
    const names = ['A', 'B', 'C', 'D', 'E']
    const { market } = subscribed(...names)
    const changes = new StateChanges(market)
    for (const name of names) market.apply({ event: 'snapshot', data: snapshot(name) })
    expect(changes.check()).toEqual([])
    market.apply(state('A', 'stale', 'unverified'))
    expect(changes.check()).toEqual([{ who: 'A', from: 'live', to: 'stale', reason: 'unverified' }])
    for (const name of names) market.apply({ event: 'snapshot', data: snapshot(name) })
    expect(changes.check()).toEqual([{ who: 'A', from: 'stale', to: 'live', reason: null }])
    for (const name of names) market.apply(state(name, 'stale', 'unverified'))
    expect(changes.check()).toEqual([
      { who: '5 books', from: 'live', to: 'stale', reason: 'unverified' },
    ])
    expect(changes.check()).toEqual([])
  })

  it('do not include the first known state', () => {
    const { market } = subscribed('A')
    const changes = new StateChanges(market)
    expect(changes.check()).toEqual([])
    market.apply({ event: 'snapshot', data: snapshot('A') })
    expect(changes.check()).toEqual([])
  })
})

describe('the last minutes', () => {
  it('have a gap while the book was not live, and a bounded length', () => {
    const { market } = subscribed('A')
    const history = new History()
    market.apply({ event: 'snapshot', data: snapshot('A') })
    history.sample('A', market.read('A'), 1000)
    market.apply(state('A', 'stale', 'unverified'))
    history.sample('A', market.read('A'), 1500)
    expect(history.of('A')).toEqual({
      times: [1, 1.5],
      mids: [61_000.25, null],
      weightedMids: [61_000.29, null],
      imbalances: [0.1626, null],
    })
    for (let tick = 0; tick < 3000; tick += 1) history.sample('A', market.read('A'), 2000 + tick)
    expect(history.of('A')?.times).toHaveLength(1200)
    expect(history.of('A')?.times.at(-1)).toBe(4.999)
  })

  it('have a gap while the page was suspended', () => {
    const { market } = subscribed('A')
    const history = new History()
    market.apply({ event: 'snapshot', data: snapshot('A') })
    history.sample('A', market.read('A'), 1000)
    history.sample('A', market.read('A'), 60_000)
    expect(history.of('A')?.times).toEqual([1, 1.5, 60])
    expect(history.of('A')?.mids).toEqual([61_000.25, null, 61_000.25])
  })

  it('are kept for a bounded number of the most recently viewed books', () => {
    const { market } = subscribed('A')
    const history = new History()
    for (let index = 0; index < 100; index += 1) history.sample(`I-${index}`, market.read('A'), 1)
    expect(history.of('I-39')).toBeNull()
    expect(history.of('I-40')).not.toBeNull()
  })
})
