import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Broadcaster } from '../../../src/http/stream/broadcaster.ts'
import type { StreamSink } from '../../../src/http/stream/client.ts'
import type { SnapshotView } from '../../../src/model/snapshot.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeSnapshots, liveView } from '../fakes.ts'

const BTC = 'BTC-PERPETUAL'
const ETH = 'ETH-PERPETUAL'

interface ReadEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** An in-memory client that can stop reading. */
class FakeSink implements StreamSink {
  needsDrain = false
  isReading = true
  ended: 'end' | 'destroy' | null = null
  text = ''

  write(chunks: readonly Buffer[]): void {
    this.text += Buffer.concat(chunks).toString()
    this.needsDrain = !this.isReading
  }

  end(): void {
    this.ended = 'end'
  }

  destroy(): void {
    this.ended = 'destroy'
  }

  /** Events since the last call. */
  take(): ReadEvent[] {
    const blocks = this.text.split('\n\n').filter((block) => block.startsWith('event: '))
    this.text = ''
    return blocks.map((block) => {
      const [, event = '', data = 'null'] =
        /^event: (\w+)\n(?:id: .*\n)?data: (.*)$/.exec(block) ?? []
      return { event, data: JSON.parse(data) as ReadEvent['data'] }
    })
  }

  /** The same in short form: `snapshot 137`, `state stale`. */
  words(): string[] {
    return this.take().map(
      ({ event, data }) =>
        `${event} ${String(event === 'state' ? data['state'] : data['changeId'])}`,
    )
  }
}

function startBroadcaster(...views: SnapshotView[]) {
  const clock = new FakeClock()
  const snapshots = new FakeSnapshots(...views)
  const metrics = {
    open: 0,
    evictions: {
      value: 0,
      add() {
        this.value += 1
      },
    },
  }
  const broadcaster = new Broadcaster({ clock, snapshots, metrics })
  let changes = 0
  return {
    clock,
    snapshots,
    metrics,
    broadcaster,
    /** Advances the clock in small steps, so that rounds continue after each. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5) {
        clock.advance(5)
        await setImmediate()
      }
    },
    /** A new snapshot of a live book. */
    change: (changeId: number, instrument = BTC) => {
      changes += 1
      const updatesTotal = 100 + changes
      snapshots.books.set(instrument, liveView({ instrument, changeId, updatesTotal }))
    },
    open: (names: readonly string[] | null) => {
      const sink = new FakeSink()
      return { sink, leave: broadcaster.open(names, sink) }
    },
  }
}

describe('a stream', () => {
  it('starts with the current state and book', async () => {
    const { open, pass } = startBroadcaster(liveView({ changeId: 1 }))
    const { sink } = open([BTC])
    await pass(5)
    expect(sink.words()).toEqual(['state live', 'snapshot 1'])
  })

  it('sends the book with levels and windows, and names its source record', async () => {
    const { open, pass } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(5)
    expect(sink.text).toContain('id: prices/2/18234\n')
    const [, snapshot] = sink.take()
    expect(snapshot?.data).toMatchObject({
      state: 'live',
      bids: [
        [61_000, 24_990],
        [60_999.5, 1e-7],
      ],
    })
    expect(Object.keys(snapshot?.data['windows'] ?? {})).toEqual(['250ms', '10s'])
  })

  it('sends at most ten snapshots per second of a book, always the newest', async () => {
    const { open, pass, change } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(200)
    sink.take()
    for (let changeId = 1; changeId <= 200; changeId += 1) {
      change(changeId)
      await pass(10)
    }
    const ids = sink.take().map(({ data }) => Number(data['changeId']))
    expect(ids.length).toBeGreaterThan(16)
    expect(ids.length).toBeLessThanOrEqual(20)
    expect(ids.at(-1)).toBeGreaterThan(185)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  })

  it('sends an unchanged book about once a second, because its windows change', async () => {
    const { open, pass } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(10)
    sink.take()
    await pass(5000)
    const events = sink.take()
    expect(events.length).toBeGreaterThanOrEqual(4)
    expect(events.length).toBeLessThanOrEqual(5)
  })

  it('sends the reason instead of values for a book that is not live', async () => {
    const { open, pass, snapshots, change } = startBroadcaster(liveView({ changeId: 1 }))
    const { sink } = open([BTC])
    await pass(10)
    sink.take()
    snapshots.books.set(BTC, liveView({ state: 'stale', reason: 'unverified', sinceMs: 5 }))
    await pass(3000)
    expect(sink.take()).toEqual([
      {
        event: 'state',
        data: {
          instrument: BTC,
          state: 'stale',
          reason: 'unverified',
          sinceMs: 5,
          lastUpdateMs: 1_790_000_001_093,
          verifiedTimeMs: 1_790_000_001_101,
        },
      },
    ])
    change(2)
    await pass(200)
    expect(sink.words()).toEqual(['state live', 'snapshot 2'])
  })

  it('sends no book that stops being live during the round', async () => {
    const { open, pass, snapshots } = startBroadcaster(liveView())
    snapshots.snapshot = () => liveView({ state: 'stale', reason: 'unverified' })
    const { sink } = open([BTC])
    await pass(50)
    expect(sink.words()).toEqual(['state live'])
  })

  it('reports that an instrument no longer belongs to the process', async () => {
    const { open, pass, snapshots } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(10)
    sink.take()
    snapshots.books.delete(BTC)
    await pass(200)
    expect(sink.take()).toMatchObject([
      { event: 'state', data: { instrument: BTC, state: null, reason: null } },
    ])
  })

  it('encodes each event once for all clients', async () => {
    const { open, pass, snapshots } = startBroadcaster(liveView())
    let readings = 0
    const read = snapshots.snapshot.bind(snapshots)
    snapshots.snapshot = (name, depth) => {
      readings += 1
      return read(name, depth)
    }
    const sinks = Array.from({ length: 50 }, () => open([BTC]).sink)
    await pass(50)
    expect(readings).toBe(1)
    for (const sink of sinks) expect(sink.words()).toHaveLength(2)
  })

  it('without names subscribes to new instruments', async () => {
    const { open, pass, change } = startBroadcaster(liveView())
    const { sink } = open(null)
    await pass(50)
    sink.take()
    change(9, ETH)
    await pass(1300)
    expect(sink.words()).toContain('snapshot 9')
  })

  it('without names is closed if too many books are live', async () => {
    const { open, pass, change, broadcaster } = startBroadcaster(liveView())
    const { sink } = open(null)
    const named = open([BTC])
    await pass(50)
    for (let index = 0; index < 60; index += 1) change(index, `OPTION-${index}`)
    await pass(1300)
    expect([sink.ended, named.sink.ended, broadcaster.size]).toEqual(['end', null, 1])
  })

  it('sends a heartbeat every 15 seconds', async () => {
    const { open, pass, snapshots } = startBroadcaster(liveView())
    snapshots.books.set(BTC, null)
    const { sink } = open([BTC])
    await pass(61_000)
    expect(sink.text.match(/^: heartbeat$/gm)).toHaveLength(4)
  })
})

describe('a client that does not read', () => {
  it('gets only the newest state when it reads again', async () => {
    const { open, pass, change, snapshots } = startBroadcaster(liveView({ changeId: 1 }))
    const { sink } = open([BTC])
    sink.isReading = false
    await pass(50)
    sink.take()
    for (let changeId = 2; changeId < 40; changeId += 1) {
      change(changeId)
      await pass(100)
    }
    snapshots.books.set(BTC, liveView({ state: 'gap', reason: 'sequence_gap' }))
    await pass(200)
    change(40)
    expect(sink.text).toBe('')
    Object.assign(sink, { isReading: true, needsDrain: false })
    await pass(200)
    expect(sink.words()).toEqual(['state live', 'snapshot 40'])
  })

  it('is closed after ten seconds and counted, without affecting other clients', async () => {
    const { open, pass, change, metrics } = startBroadcaster(liveView())
    const slow = open([BTC]).sink
    const quick = open([BTC]).sink
    slow.isReading = false
    await pass(9_900)
    expect([slow.ended, metrics.open]).toEqual([null, 2])
    await pass(400)
    expect([slow.ended, metrics.open, metrics.evictions.value]).toEqual(['destroy', 1, 1])
    quick.take()
    change(77)
    await pass(200)
    expect(quick.words()).toEqual(['snapshot 77'])
  })

  it('is not closed while it reads occasionally', async () => {
    const { open, pass, change } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    for (let second = 0; second < 60; second += 6) {
      sink.isReading = false
      change(second)
      await pass(6000)
      Object.assign(sink, { isReading: true, needsDrain: false })
      await pass(200)
    }
    expect(sink.ended).toBeNull()
  })
})

describe('the rounds', () => {
  it('stop with the last client and restart with the next', async () => {
    const { open, pass, clock, broadcaster } = startBroadcaster(liveView())
    const first = open([BTC])
    await pass(300)
    first.leave()
    first.leave()
    await pass(300)
    expect([broadcaster.size, clock.pendingTimers]).toEqual([0, 0])
    const { sink } = open([BTC])
    await pass(200)
    expect(sink.words()).toHaveLength(2)
  })

  it('are less frequent if they are slow, but at least twice per second', async () => {
    const { open, pass, change, snapshots, clock } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(200)
    sink.take()
    const read = snapshots.instrument.bind(snapshots)
    const countIn = async (busyMs: number, ms: number) => {
      snapshots.instrument = (name) => {
        clock.advance(busyMs)
        return read(name)
      }
      await pass(1000)
      sink.take()
      for (let passed = 0; passed < ms; passed += 50) {
        change(passed + 1)
        await pass(50)
      }
      return sink.take().length
    }
    const at10 = await countIn(10, 10_000)
    expect(at10).toBeLessThan(45)
    expect(at10).toBeGreaterThan(35)
    expect(await countIn(100, 10_000)).toBeGreaterThanOrEqual(16)
  })

  it('yield to the event loop with many clients', async () => {
    const { open, pass, snapshots, clock } = startBroadcaster()
    const ticks: number[] = []
    for (let index = 0; index < 40; index += 1) {
      const instrument = `I-${index}`
      snapshots.books.set(instrument, liveView({ instrument }))
      open([instrument])
    }
    let isTurned = true
    const read = snapshots.instrument.bind(snapshots)
    snapshots.instrument = (name) => {
      clock.advance(1)
      if (isTurned) ticks.push(clock.monotonicMs())
      isTurned = false
      return read(name)
    }
    const watch = async () => {
      for (let tick = 0; tick < 200; tick += 1) {
        await setImmediate()
        isTurned = true
      }
    }
    await Promise.all([watch(), pass(50)])
    expect(ticks.length).toBeGreaterThanOrEqual(8)
  })
})

describe('the broadcaster', () => {
  it('has capacity for 500 streams, and again when one ends', () => {
    const { open, broadcaster } = startBroadcaster(liveView())
    const streams = Array.from({ length: 500 }, () => open([BTC]))
    expect(broadcaster.hasCapacity).toBe(false)
    streams[0]?.leave()
    expect(broadcaster.hasCapacity).toBe(true)
  })

  it('closes all streams and refuses new ones when it stops', async () => {
    const { open, pass, broadcaster, clock, metrics } = startBroadcaster(liveView())
    const { sink } = open([BTC])
    await pass(200)
    broadcaster.stop()
    broadcaster.stop()
    expect([sink.ended, broadcaster.hasCapacity, metrics.open, clock.pendingTimers]).toEqual([
      'end',
      false,
      0,
      0,
    ])
  })
})
