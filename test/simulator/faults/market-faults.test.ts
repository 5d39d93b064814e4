import { describe, expect, it } from 'vitest'
import type { Simulator } from '../../../src/simulator/server/api.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { type Book, Client, PlainBook, run, startSimulator } from '../support.ts'

const NAME = 'BTC-PERPETUAL'
const OPTION = 'BTC-25DEC26-90000-C'
const CHANNEL = `book.${NAME}.100ms`
const STATES = 'instrument.state.any.any'

async function open(
  scenario = '',
  instruments = [NAME],
): Promise<{ simulator: Simulator; clock: FakeClock; client: Client }> {
  const ratePerSecond = 10 * instruments.length
  const { simulator, clock } = await startSimulator({ instruments, ratePerSecond, scenario })
  const client = await Client.open(simulator)
  await client.subscribe(CHANNEL, STATES, 'instrument.creation.any.any', 'platform_state')
  await client.settle()
  return { simulator, clock, client }
}

/** Best bid minus best ask after each frame, as a client of the channel sees it. */
function overlaps(frames: readonly Book[]): number[] {
  const book = new PlainBook()
  return frames.map((frame) => {
    book.apply(frame)
    return (book.levels('bids')[0]?.[0] ?? NaN) - (book.levels('asks')[0]?.[0] ?? NaN)
  })
}

describe('scenario', () => {
  it('crossed leaves the book crossed after every other change, and uncrosses it when switched off', async () => {
    const { simulator, clock, client } = await open('crossed')
    await run(clock, client, 5_000)
    const crossed = overlaps(client.books(CHANNEL)).filter((overlap) => overlap > 0).length
    expect(crossed).toBeGreaterThan(20)
    expect(crossed).toBeLessThan(30)
    simulator.faults.set('still')
    await run(clock, client, 300)
    expect(overlaps(client.books(CHANNEL)).at(-1)).toBeLessThan(0)
    const reference = simulator.reference(NAME)
    expect(reference?.bids[0]?.[0]).toBeLessThan(reference?.asks[0]?.[0] ?? NaN)
  })

  it('locked leaves the best bid at the best ask', async () => {
    const { clock, client } = await open('locked')
    await run(clock, client, 5_000)
    const after = overlaps(client.books(CHANNEL))
    expect(after.filter((overlap) => overlap === 0).length).toBeGreaterThan(20)
    expect(Math.max(...after)).toBe(0)
  })

  it('one-sided leaves one side, and restores both when switched off', async () => {
    const { simulator, clock } = await open('one-sided=bid')
    clock.advance(500)
    expect(simulator.reference(NAME)?.asks).toEqual([])
    expect(simulator.reference(NAME)?.bids.length).toBeGreaterThan(5)
    simulator.faults.set('one-sided')
    clock.advance(500)
    expect(simulator.reference(NAME)?.bids).toEqual([])
    expect(simulator.reference(NAME)?.asks.length).toBeGreaterThan(4)
    simulator.faults.clear()
    clock.advance(2_000)
    expect(simulator.reference(NAME)?.bids.length).toBeGreaterThan(4)
    expect(simulator.reference(NAME)?.asks.length).toBeGreaterThan(4)
  })

  it('empty deletes every level and then sends nothing', async () => {
    const { simulator, clock, client } = await open()
    simulator.faults.set('empty')
    await run(clock, client, 2_000)
    expect(simulator.reference(NAME)).toMatchObject({ bids: [], asks: [] })
    const frames = client.books(CHANNEL)
    expect(frames.length).toBeLessThanOrEqual(3)
    const actions = [...(frames.at(-1)?.bids ?? []), ...(frames.at(-1)?.asks ?? [])]
    expect(new Set(actions.map(([action]) => action))).toEqual(new Set(['delete']))
    simulator.faults.clear()
    await run(clock, client, 1_000)
    expect(simulator.reference(NAME)?.bids.length).toBeGreaterThan(4)
  })

  it('settlement publishes the state, empties the book, pauses and opens again', async () => {
    const { simulator, clock, client } = await open()
    simulator.faults.add('settlement=3000')
    await run(clock, client, 500)
    expect(client.data(STATES)).toMatchObject([{ instrument_name: NAME, state: 'settlement' }])
    expect(simulator.reference(NAME)).toMatchObject({ state: 'settlement', bids: [], asks: [] })
    const before = client.books(CHANNEL).length
    await run(clock, client, 2_400)
    expect(client.books(CHANNEL)).toHaveLength(before)
    await run(clock, client, 1_000)
    expect(client.data(STATES)).toMatchObject([{ state: 'settlement' }, { state: 'open' }])
    expect(simulator.faults.list()).toEqual([])
    expect(simulator.reference(NAME)?.bids.length).toBeGreaterThan(4)
  })

  it('expiry empties dated books permanently and refuses their subscription', async () => {
    const { simulator, clock, client } = await open('', [NAME, OPTION])
    const channel = `book.${OPTION}.none.10.100ms`
    await client.subscribe(channel)
    simulator.faults.add('expiry')
    await run(clock, client, 1_000)
    expect(client.data(STATES)).toMatchObject([{ instrument_name: OPTION, state: 'delivered' }])
    expect(client.books(channel).at(-1)).toMatchObject({ bids: [], asks: [] })
    await run(clock, client, 10_000)
    expect(client.data(STATES).at(-1)).toMatchObject({ state: 'archivized' })
    expect(simulator.reference(OPTION)?.bids).toEqual([])
    expect(simulator.reference(NAME)?.state).toBe('open')
    await client.call('public/unsubscribe', { channels: [channel] })
    expect(await client.subscribe(channel)).toEqual([])
    expect(await client.call('public/get_instruments', { kind: 'option' })).toMatchObject({
      result: [],
    })
    const expired = { kind: 'option', expired: true }
    expect(await client.call('public/get_instruments', expired)).toMatchObject({
      result: [{ instrument_name: OPTION, is_active: false }],
    })
  })

  it('listing creates an instrument that can be subscribed when it is open', async () => {
    const { simulator, clock, client } = await open()
    simulator.faults.add(`listing=${OPTION}`)
    await client.settle()
    expect(client.data('instrument.creation.any.any')).toMatchObject([
      { instrument_name: OPTION, kind: 'option' },
    ])
    const channel = `book.${OPTION}.100ms`
    expect(await client.subscribe(channel)).toEqual([])
    await run(clock, client, 500)
    expect(client.data(STATES)).toMatchObject([{ instrument_name: OPTION, state: 'open' }])
    expect(await client.subscribe(channel)).toEqual([channel])
    await run(clock, client, 2_000)
    // The first event of a new book is a change.
    expect(client.books(channel)[0]).toMatchObject({ type: 'change', prev_change_id: 0 })
    expect(() => simulator.faults.add(`listing=${OPTION}`)).toThrow('not listed yet')
    expect(simulator.faults.list()).toEqual([])
  })

  it('halted publishes the state and stops changes of the book', async () => {
    const { simulator, clock, client } = await open()
    simulator.faults.set('halted=locked')
    await run(clock, client, 200)
    const before = client.books(CHANNEL).length
    await run(clock, client, 3_000)
    expect(client.books(CHANNEL)).toHaveLength(before)
    simulator.faults.clear()
    await run(clock, client, 1_000)
    expect(client.data(STATES)).toMatchObject([{ state: 'locked' }, { state: 'open' }])
    expect(client.books(CHANNEL).length).toBeGreaterThan(before)
  })

  it('index-lock publishes platform_state, not instrument.state, and stops changes of the books', async () => {
    const { simulator, clock, client } = await open('', [NAME, 'ETH-PERPETUAL'])
    simulator.faults.set('index-lock=btc_usd')
    await run(clock, client, 200)
    expect(client.data('platform_state')).toContainEqual({ price_index: 'btc_usd', locked: true })
    expect(await client.call('public/status')).toMatchObject({
      result: { locked: 'partial', locked_indices: ['btc_usd'] },
    })
    const before = simulator.reference(NAME)?.changeId
    const other = simulator.reference('ETH-PERPETUAL')?.changeId
    await run(clock, client, 2_000)
    expect(simulator.reference(NAME)?.changeId).toBe(before)
    expect(simulator.reference('ETH-PERPETUAL')?.changeId).toBeGreaterThan(other ?? NaN)
    simulator.faults.clear()
    await client.settle()
    expect(client.data('platform_state')).toContainEqual({ price_index: 'btc_usd', locked: false })
    expect(client.data(STATES)).toEqual([])
    expect(await client.call('public/status')).toMatchObject({ result: { locked: 'false' } })
  })

  it('reset-ids continues with lower ids and later times', async () => {
    const { simulator, clock, client } = await open()
    clock.advance(1_000)
    simulator.faults.add('reset-ids=500')
    await run(clock, client, 1_000)
    const frames = client.books(CHANNEL)
    const at = frames.findIndex(
      (frame, index) => frame.change_id < (frames[index - 1]?.change_id ?? 0),
    )
    expect(frames[at]?.change_id).toBeGreaterThan(500)
    expect(frames[at]?.change_id).toBeLessThan(100_000)
    expect(frames[at]?.timestamp).toBeGreaterThan(frames[at - 1]?.timestamp ?? NaN)
  })
})

describe('platform_state', () => {
  it('is sent every second for every index', async () => {
    const { clock, client } = await open('', [NAME, 'ETH-PERPETUAL'])
    await run(clock, client, 3_010)
    const notes = client.data('platform_state')
    expect(notes).toHaveLength(6)
    expect(notes[0]).toEqual({ price_index: 'btc_usd', locked: false, reasons: [] })
  })
})

describe('the reference book', () => {
  it('keeps the best levels of the last seconds and the one valid before them', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10, historyMs: 2_000 })
    // Between two changes, so that the window starts inside one.
    clock.advance(60_003)
    const reference = simulator.reference(NAME)
    const tops = reference?.tops ?? []
    expect(tops.length).toBeGreaterThan(18)
    expect(tops.length).toBeLessThan(23)
    expect(tops.at(-1)).toMatchObject({
      changeId: reference?.changeId,
      timestampMs: reference?.timestampMs,
      bestBid: reference?.bids[0],
      bestAsk: reference?.asks[0],
    })
    const since = tops.map(({ sinceMonotonicMs }) => sinceMonotonicMs)
    expect(since[0]).toBeLessThan(clock.monotonicMs() - 2_000)
    expect(since[1]).toBeGreaterThanOrEqual(clock.monotonicMs() - 2_000)
  })

  it('is null for an unknown instrument', async () => {
    const { simulator } = await startSimulator()
    expect(simulator.reference('NO-PERPETUAL')).toBeNull()
  })
})
