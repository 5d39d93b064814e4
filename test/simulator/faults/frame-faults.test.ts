import { describe, expect, it } from 'vitest'
import type { Simulator } from '../../../src/simulator/server/api.ts'
import { type Book, Client, PlainBook, run, startSimulator } from '../support.ts'

const CHANGES = 'book.BTC-PERPETUAL.100ms'
const GROUPED = 'book.BTC-PERPETUAL.none.10.100ms'

/**
 * Runs a busy book with a fault for ten seconds; the first frame of each channel is the initial
 * one.
 */
async function play(scenario: string): Promise<{ client: Client; simulator: Simulator }> {
  const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
  const client = await Client.open(simulator)
  await client.subscribe(CHANGES, GROUPED, 'trades.BTC-PERPETUAL.100ms')
  simulator.faults.set(scenario)
  await run(clock, client, 10_000)
  return { client, simulator }
}

function breaks(frames: readonly Book[]): number {
  return frames.slice(1).filter((frame, index) => frame.prev_change_id !== frames[index]?.change_id)
    .length
}

const idsOf = (frames: readonly Book[]): number[] => frames.map(({ change_id }) => change_id)

describe('scenario', () => {
  it('gap skips every Nth frame of incremental channels only', async () => {
    const { client } = await play('gap=5')
    expect(breaks(client.books(CHANGES))).toBeGreaterThanOrEqual(18)
    expect(client.books(CHANGES).length).toBeLessThan(85)
    expect(client.books(GROUPED).length).toBeGreaterThan(97)
  })

  it('gap=once skips one frame and ends', async () => {
    const { client, simulator } = await play('gap=once')
    expect(breaks(client.books(CHANGES))).toBe(1)
    expect(simulator.faults.list()).toEqual([])
  })

  it('gap@INSTRUMENT does not affect other instruments', async () => {
    const instruments = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
    const { simulator, clock } = await startSimulator({ instruments, ratePerSecond: 20 })
    const client = await Client.open(simulator)
    await client.subscribe(...instruments.map((name) => `book.${name}.100ms`))
    simulator.faults.set('gap=2@ETH-PERPETUAL')
    await run(clock, client, 5_000)
    expect(breaks(client.books('book.ETH-PERPETUAL.100ms'))).toBeGreaterThan(15)
    expect(breaks(client.books('book.BTC-PERPETUAL.100ms'))).toBe(0)
  })

  it('lost-snapshot skips snapshots only', async () => {
    const { client } = await play('lost-snapshot=2')
    expect(client.books(GROUPED).length).toBeLessThan(55)
    expect(breaks(client.books(CHANGES))).toBe(0)
  })

  it('duplicate sends frames twice', async () => {
    const { client } = await play('duplicate=4')
    for (const channel of [CHANGES, GROUPED]) {
      const ids = idsOf(client.books(channel))
      const twice = ids.slice(1).filter((id, index) => id === ids[index]).length
      expect(twice).toBeGreaterThanOrEqual(24)
    }
  })

  it('reorder sends frames after the next one', async () => {
    const { client } = await play('reorder=5')
    for (const channel of [CHANGES, GROUPED]) {
      const ids = idsOf(client.books(channel))
      const backwards = ids.slice(1).filter((id, index) => id < (ids[index] ?? 0)).length
      expect(backwards).toBeGreaterThanOrEqual(15)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('reorder sends a held frame after a timeout if no next frame comes', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe(CHANGES)
    simulator.faults.set('reorder=once')
    clock.advance(120)
    simulator.faults.set('still')
    await run(clock, client, 50)
    const before = client.books(CHANGES).length
    await run(clock, client, 1_000)
    expect(client.books(CHANGES).length).toBe(before + 1)
  })

  it('garbage is sent between complete frames', async () => {
    const { client } = await play('garbage=3')
    expect(client.texts).toContain('not json at all')
    expect(client.texts).toContain('null')
    expect(client.books(CHANGES).length).toBeGreaterThan(97)
    expect(breaks(client.books(CHANGES))).toBe(0)
  })

  it('truncated cuts frames', async () => {
    const { client } = await play('truncated=5')
    expect(client.texts.length - client.messages.length).toBeGreaterThan(30)
    expect(breaks(client.books(CHANGES))).toBeGreaterThan(15)
  })

  it('oversize sends frames of the requested size', async () => {
    const { client } = await play('oversize=1100000')
    const large = client.texts.filter((text) => text.length > 1_000_000)
    expect(large.length).toBeGreaterThan(15)
    expect(JSON.parse(large[0] ?? '')).toHaveProperty('params.channel')
    expect(breaks(client.books(CHANGES))).toBe(0)
  })

  it('unsorted swaps levels', async () => {
    const { client } = await play('unsorted=10')
    const isUnsorted = ({ bids, asks }: Book): boolean =>
      [bids, asks].some((side, index) => {
        const prices = side.map((row) => Number(row[row.length - 2]))
        const sorted = [...prices].sort((a, b) => (index === 0 ? b - a : a - b))
        return String(prices) !== String(sorted)
      })
    expect(client.books(GROUPED).filter(isUnsorted).length).toBeGreaterThan(8)
    expect(client.books(CHANGES).filter(isUnsorted).length).toBeGreaterThan(4)
    expect(breaks(client.books(CHANGES))).toBe(0)
  })

  const amounts = (frames: readonly Book[]): number[] =>
    frames.flatMap(({ bids, asks }) => [...bids, ...asks].map((row) => Number(row.at(-1))))

  it('non-finite sends amounts that are read as infinite', async () => {
    const { client } = await play('non-finite')
    for (const channel of [CHANGES, GROUPED]) {
      expect(amounts(client.books(channel)).filter((a) => a === Infinity).length).toBeGreaterThan(7)
    }
  })

  it('negative sends amounts below 0', async () => {
    const { client } = await play('negative')
    for (const channel of [CHANGES, GROUPED]) {
      expect(amounts(client.books(channel)).filter((a) => a < 0).length).toBeGreaterThan(7)
    }
  })

  it('delete-unknown deletes prices that are not in the book', async () => {
    const { client } = await play('delete-unknown=2')
    const [snapshot, ...changes] = client.books(CHANGES)
    const book = new PlainBook()
    if (snapshot !== undefined) book.apply(snapshot)
    let unknown = 0
    for (const change of changes) {
      for (const side of ['bids', 'asks'] as const) {
        unknown += change[side].filter(
          ([action, price]) => action === 'delete' && !book[side].has(price),
        ).length
      }
      book.apply(change)
    }
    expect(unknown).toBeGreaterThan(45)
    expect(breaks(client.books(CHANGES))).toBe(0)
  })

  it('ends when it is switched off', async () => {
    const { simulator, clock } = await startSimulator({ ratePerSecond: 10 })
    const client = await Client.open(simulator)
    await client.subscribe(CHANGES)
    const all = 'gap=2,duplicate=3,reorder=4,garbage=5,truncated=6,unsorted=7,negative=8'
    simulator.faults.set(all)
    await run(clock, client, 5_000)
    simulator.faults.clear()
    await run(clock, client, 1_000)
    const before = client.books(CHANGES).length
    await run(clock, client, 5_000)
    expect(breaks(client.books(CHANGES).slice(before))).toBe(0)
    expect(client.books(CHANGES).length - before).toBeGreaterThan(45)
  })
})
