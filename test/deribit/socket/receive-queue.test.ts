import { describe, expect, it } from 'vitest'
import { MessageParser } from '../../../src/deribit/protocol/parse-message.ts'
import { ReceiveQueue } from '../../../src/deribit/socket/receive-queue.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { groupedSnapshot, trade, trades } from '../../support/frames.ts'

interface Handled {
  readonly text: string
  readonly receivedMs: number
  readonly placeMs: number
}

/** A queue whose ticks of the event loop are run by the test; each message is received 1 ms later. */
function startQueue() {
  const clock = new FakeClock()
  const parser = new MessageParser()
  const handled: Handled[] = []
  const superseded: [channel: string, length: number][] = []
  const ticks: (() => void)[] = []
  const load = { isOverloaded: true }
  /** Time that handling a message takes, ms. */
  const cost = { ms: 0 }
  const startedMs = clock.monotonicMs()
  const queue = new ReceiveQueue({
    clock,
    isOverloaded: () => load.isOverloaded,
    supersedableChannel: (bytes) => parser.groupedChannelOf(bytes),
    handle(bytes, received, place) {
      clock.advance(cost.ms)
      handled.push({
        text: bytes.toString(),
        receivedMs: received.monotonicMs - startedMs,
        placeMs: place.monotonicMs - startedMs,
      })
    },
    onSuperseded: (channel, length) => superseded.push([channel, length]),
    defer: (callback) => ticks.push(callback),
  })
  const add = (text: string) => {
    clock.advance(1)
    const bytes = Buffer.from(text)
    queue.add(bytes, { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() })
    // The socket's chunk is used again.
    bytes.fill(0)
  }
  const tick = () => ticks.shift()?.()
  return { queue, handled, superseded, ticks, load, cost, add, tick }
}

const frame = (instrument: string, changeId: number) => groupedSnapshot({ instrument, changeId })
const TRADES = trades([trade({ seq: 1, exchangeTimeMs: 1 })])
const HEARTBEAT = '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}'

describe('the messages of a connection', () => {
  it('are handled at once without an overload', () => {
    const { handled, load, add, ticks } = startQueue()
    load.isOverloaded = false
    add(frame('A', 1))
    add(frame('A', 2))
    expect(handled.map(({ text }) => text)).toEqual([frame('A', 1), frame('A', 2)])
    expect(handled.every(({ receivedMs, placeMs }) => receivedMs === placeMs)).toBe(true)
    expect(ticks).toEqual([])
  })

  it('are handled later during an overload, only the newest snapshot of each channel', () => {
    const { handled, superseded, add, tick } = startQueue()
    add(frame('A', 1))
    add(frame('B', 2))
    add(frame('A', 3))
    add(frame('A', 4))
    expect(handled).toEqual([])
    tick()
    expect(handled.map(({ text }) => text)).toEqual([frame('A', 4), frame('B', 2)])
    expect(superseded).toEqual([
      ['book.A.none.10.100ms', frame('A', 1).length],
      ['book.A.none.10.100ms', frame('A', 3).length],
    ])
  })

  it('keep the place of the first snapshot, so that no channel waits without limit', () => {
    const { handled, add, tick, cost, ticks } = startQueue()
    cost.ms = 10
    const names = ['A', 'B', 'C', 'D']
    // Each tick handles one message, while a newer snapshot of every channel arrives.
    for (let round = 0; round < 4; round += 1) {
      for (const name of names) add(frame(name, round))
      tick()
    }
    const seen = handled.map(({ text }) => /book\.(\w)/.exec(text)?.[1])
    expect(seen).toEqual(names)
    expect(ticks).toHaveLength(1)
  })

  it('verify a connection only up to where all are handled', () => {
    const { handled, add, tick } = startQueue()
    add(frame('A', 1))
    add(frame('B', 2))
    add(frame('A', 3))
    add(HEARTBEAT)
    tick()
    expect(handled.map(({ receivedMs, placeMs }) => [receivedMs, placeMs])).toEqual([
      [3, 1],
      [2, 2],
      [4, 4],
    ])
  })

  it('keep the order of everything that nothing supersedes', () => {
    const { handled, superseded, add, tick } = startQueue()
    add(frame('A', 1))
    add(TRADES)
    add(HEARTBEAT)
    add(TRADES)
    tick()
    expect(handled.map(({ text }) => text)).toEqual([frame('A', 1), TRADES, HEARTBEAT, TRADES])
    expect(superseded).toEqual([])
  })

  it('do not wait where no snapshot does', () => {
    const { handled, add } = startQueue()
    add(TRADES)
    add(HEARTBEAT)
    expect(handled).toHaveLength(2)
  })

  it('are all handled in their order when the overload ends, and when the connection does', () => {
    const { queue, handled, load, add, superseded } = startQueue()
    add(frame('A', 1))
    add(frame('B', 2))
    load.isOverloaded = false
    add(frame('A', 3))
    expect(handled.map(({ text }) => text)).toEqual([frame('A', 1), frame('B', 2), frame('A', 3)])
    load.isOverloaded = true
    add(frame('A', 4))
    queue.flush()
    expect(handled.at(-1)?.text).toBe(frame('A', 4))
    expect(superseded).toEqual([])
  })

  it('grow and shrink while they wait', () => {
    const { handled, add, tick } = startQueue()
    const wide = groupedSnapshot({
      instrument: 'A',
      changeId: 2,
      bids: Array.from({ length: 100 }, (_, index) => [100 - index / 10, 1] as const),
    })
    add(frame('A', 1))
    add(wide)
    tick()
    add(wide)
    add(frame('A', 3))
    tick()
    expect(handled.map(({ text }) => text)).toEqual([wide, frame('A', 3)])
  })

  it('are bounded: the oldest is handled at once', () => {
    const { handled, add } = startQueue()
    add(frame('A', 1))
    for (let count = 0; count < 20_000; count += 1) add(HEARTBEAT)
    expect(handled.map(({ text }) => text)).toEqual([frame('A', 1)])
    const large = `{"jsonrpc":"2.0","method":"x","params":"${'x'.repeat(9 * 1024 * 1024)}"}`
    add(large)
    add(large)
    expect(handled).toHaveLength(20_002)
  })
})
