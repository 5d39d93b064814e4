import { describe, expect, it } from 'vitest'
import { MessageParser } from '../../src/deribit/protocol/parse-message.ts'
import { plain } from '../support/plain-frame.ts'
import type { OutgoingRecord } from '../../src/model/topic.ts'
import * as frames from '../support/frames.ts'
import { CHECKPOINT_MS, ingestFixture, SNAPSHOT_MS } from './ingest-fixture.ts'

const { groupedSnapshot, snapshot, change, BTC, BTC_GROUPED, BTC_CHANGES, ETH } = frames

/** Interval of the check for due checkpoints. */
const TICK_MS = 100

function started(...texts: string[]) {
  const fixture = ingestFixture()
  fixture.checkpoints.start()
  for (const text of texts) fixture.receive(text)
  fixture.sent()
  return fixture
}

/** Waits until every channel has had a full checkpoint; its time depends on the name. */
function settled(...texts: string[]) {
  const fixture = started(...texts)
  fixture.clock.advance(SNAPSHOT_MS)
  for (const channelState of fixture.channelStates.all()) {
    channelState.lastSnapshotMonotonicMs = fixture.clock.monotonicMs()
    channelState.lastRecordMonotonicMs = fixture.clock.monotonicMs()
  }
  fixture.sent()
  return fixture
}

function contentOf(record: OutgoingRecord | undefined) {
  if (record === undefined) throw new Error('no record')
  const parsed = new MessageParser().parseRecord(record.value)
  if (!parsed.ok || parsed.frame.type !== 'book') throw new Error('no book frame')
  return plain(parsed.frame)
}

const statusesOf = (records: OutgoingRecord[]) =>
  records.map(({ headers }) => headers?.['instrument-state'] ?? null)

describe('a quiet grouped book', () => {
  it('gets its last snapshot repeated, byte for byte, after the interval and not before', () => {
    const text = groupedSnapshot({ changeId: 2 })
    const { sent, clock, checkpoints, receive } = settled(groupedSnapshot({ changeId: 1 }))
    receive(text)
    sent()
    clock.advance(CHECKPOINT_MS - TICK_MS)
    expect(sent()).toEqual([])
    clock.advance(TICK_MS)
    expect(sent()).toEqual([
      {
        topic: 'prices',
        key: BTC,
        channel: BTC_GROUPED,
        value: Buffer.from(text),
        timestampMs: clock.nowMs(),
        kind: 'checkpoint',
        isWhole: true,
        headers: {
          kind: 'checkpoint',
          'verified-at-ms': String(clock.nowMs()),
          'producer-id': checkpoints.producerId,
        },
        receivedMonotonicMs: clock.monotonicMs(),
      },
    ])
  })

  it('keeps a checkpoint as it was while later snapshots arrive', () => {
    const text = groupedSnapshot({ changeId: 1 })
    const { sent, clock, receive } = settled(text)
    clock.advance(CHECKPOINT_MS + TICK_MS)
    const [checkpoint] = sent()
    receive(groupedSnapshot({ changeId: 2 }))
    expect(checkpoint?.kind).toBe('checkpoint')
    expect(checkpoint?.value.toString()).toBe(text)
  })

  it('is repeated whole after snapshots of any size', () => {
    const { sent, clock, receive } = settled(groupedSnapshot({ changeId: 1 }))
    for (const [index, levels] of [400, 1, 90, 2000, 0].entries()) {
      const bids: [number, number][] = Array.from({ length: levels }, (_, rank) => [5000 - rank, 1])
      const text = groupedSnapshot({ changeId: 2 + index, bids })
      receive(text)
      sent()
      clock.advance(CHECKPOINT_MS + TICK_MS)
      expect(sent()[0]?.value.toString()).toBe(text)
    }
  })

  it('gets a checkpoint every interval, without end', () => {
    const { sent, clock } = settled(groupedSnapshot())
    clock.advance(600_000)
    const records = sent()
    expect(records.length).toBeGreaterThanOrEqual(Math.floor(600_000 / (CHECKPOINT_MS + TICK_MS)))
    expect(records.every(({ kind }) => kind === 'checkpoint')).toBe(true)
  })

  it('carries the offset of the exchange’s clock if it is known', () => {
    const { sent, clock, feed } = settled(groupedSnapshot())
    feed.offset = { offsetMs: -12.3456, uncertaintyMs: 1.5, roundTripMs: 3 }
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(sent()[0]?.headers).toMatchObject({
      'clock-offset-ms': '-12.346',
      'clock-uncertainty-ms': '1.500',
    })
  })
})

describe('a busy book', () => {
  it('gets a checkpoint only every long interval', () => {
    const { sent, clock, receive } = settled(groupedSnapshot({ changeId: 1 }))
    for (let changeId = 2; changeId < 2 + 900; changeId++) {
      receive(groupedSnapshot({ changeId }))
      clock.advance(100)
    }
    const kinds = sent().map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'frame')).toHaveLength(900)
    expect(kinds.filter((kind) => kind === 'checkpoint')).toHaveLength(3)
  })

  it('gets it at another time than other books', () => {
    const fixture = ingestFixture()
    fixture.checkpoints.start()
    const names = Array.from({ length: 300 }, (_, number) => `I${number}-PERPETUAL`)
    const firsts = new Map<string, number>()
    for (let elapsedMs = 0; elapsedMs < SNAPSHOT_MS; elapsedMs += 1000) {
      for (const instrument of names)
        fixture.receive(groupedSnapshot({ instrument, changeId: elapsedMs + 1 }))
      fixture.sent()
      fixture.clock.advance(1000)
      for (const { key, kind } of fixture.sent()) {
        if (kind === 'checkpoint' && !firsts.has(key)) firsts.set(key, elapsedMs)
      }
    }
    expect(firsts.size).toBe(300)
    const bySecond = [...firsts.values()].reduce<Record<number, number>>(
      (counts, second) => ({ ...counts, [second]: (counts[second] ?? 0) + 1 }),
      {},
    )
    // 10 a second on average.
    expect(Math.max(...Object.values(bySecond))).toBeLessThan(40)
  })
})

describe('an incremental book', () => {
  const BOOK = [
    snapshot({ changeId: 100, exchangeTimeMs: 1000 }),
    change({
      changeId: 150,
      prevChangeId: 100,
      exchangeTimeMs: 1200,
      bids: [['delete', 60_999.5, 0]],
      asks: [['new', 60_999.5, 0.5]],
    }),
  ]

  it('gets an empty change of its last id while quiet', () => {
    const { sent, clock } = settled(...BOOK)
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(contentOf(sent()[0])).toEqual({
      type: 'book',
      kind: 'change',
      channel: BTC_CHANGES,
      instrument: BTC,
      exchangeTimeMs: 1200,
      changeId: 150,
      prevChangeId: 150,
      maxLevels: null,
      bids: [],
      asks: [],
    })
  })

  it('gets the full own book every long interval, in the exchange’s format', () => {
    const { sent, clock } = settled(...BOOK)
    clock.advance(SNAPSHOT_MS + TICK_MS)
    const whole = sent().filter((record) => contentOf(record).kind === 'snapshot')
    expect(whole).toHaveLength(1)
    expect(contentOf(whole[0])).toEqual({
      type: 'book',
      kind: 'snapshot',
      channel: BTC_CHANGES,
      instrument: BTC,
      exchangeTimeMs: 1200,
      changeId: 150,
      prevChangeId: null,
      maxLevels: null,
      bids: [[61_000, 25_000]],
      asks: [[60_999.5, 0.5], ...frames.ASKS],
    })
    expect(JSON.parse(whole[0]?.value.toString() ?? '')).toMatchObject({
      params: { data: { bids: [['new', 61_000, 25_000]] } },
    })
  })

  it('gets no checkpoint while its sequence is broken', () => {
    const { sent, clock, receive } = settled(...BOOK)
    receive(change({ changeId: 170, prevChangeId: 160 }))
    sent()
    clock.advance(120_000)
    expect(sent()).toEqual([])
  })

  it('gets a full checkpoint at once after a resync', () => {
    const { sent, clock, receive } = settled(...BOOK)
    receive(change({ changeId: 170, prevChangeId: 160 }))
    receive(snapshot({ changeId: 180 }), 'resync')
    sent()
    clock.advance(TICK_MS)
    expect(contentOf(sent()[0])).toMatchObject({ kind: 'snapshot', changeId: 180 })
  })
})

describe('a checkpoint that would be wrong', () => {
  it('is never sent before the first snapshot', () => {
    const { sent, clock, receive } = started()
    receive(change())
    sent()
    clock.advance(120_000)
    expect(sent()).toEqual([])
  })

  it('is not sent once the connection was not verified within the interval', () => {
    const { sent, clock, feed } = settled(groupedSnapshot())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(120_000)
    const records = sent()
    expect(records.length).toBeLessThanOrEqual(1)
    feed.isAlive = true
    clock.advance(TICK_MS)
    expect(sent()).toHaveLength(1)
  })

  it('carries the time of the last frame on the connection, not the time of sending', () => {
    const { sent, clock, feed } = settled(groupedSnapshot())
    clock.advance(500)
    sent()
    const receivedMs = feed.lastFrame()?.wallMs
    feed.isAlive = false
    clock.advance(1900)
    for (const { headers } of sent()) expect(headers?.['verified-at-ms']).toBe(String(receivedMs))
  })

  it.each([
    ['invalid levels', groupedSnapshot({ changeId: 70_000_000_200 }).replace('61002.0', '61000.5')],
    ['a broken frame', groupedSnapshot().replace('"bids"', '"bid"')],
  ])('is not sent after %s, until the next good snapshot', (_what, wrong) => {
    const { sent, clock, receive } = settled(groupedSnapshot())
    receive(wrong)
    clock.advance(20_000)
    expect(sent()).toEqual([])
    receive(groupedSnapshot({ changeId: 70_000_000_201 }))
    sent()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(sent()).toHaveLength(1)
  })

  it('is sent again after the next valid snapshot shows an unchanged market', () => {
    const { sent, clock, receive } = settled(groupedSnapshot())
    receive(groupedSnapshot().replace('"bids"', '"bid"'))
    receive(groupedSnapshot(), 'resync')
    sent()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(sent()).toHaveLength(1)
  })

  it('is not sent again for a late, older snapshot', () => {
    const { sent, clock, receive } = settled(
      groupedSnapshot({ changeId: 8 }),
      groupedSnapshot({ changeId: 9 }),
    )
    receive(groupedSnapshot({ changeId: 10 }).replace('"bids"', '"bid"'))
    receive(groupedSnapshot({ changeId: 8 }))
    sent()
    clock.advance(60_000)
    expect(sent()).toEqual([])
  })

  it.each([
    ['a snapshot', groupedSnapshot()],
    ['a snapshot', snapshot()],
  ])(
    'is not sent after an unanswered probe, and sent again after %s that is unchanged',
    (_what, text) => {
      const { sent, clock, receive, ingest } = settled(text)
      ingest.onProbeFailed(BTC_GROUPED)
      ingest.onProbeFailed(BTC_CHANGES)
      clock.advance(60_000)
      expect(sent()).toEqual([])
      receive(text, 'probe')
      sent()
      clock.advance(CHECKPOINT_MS + TICK_MS)
      expect(sent().length).toBeGreaterThanOrEqual(1)
    },
  )

  it('is not sent for a channel that was dropped', () => {
    const { sent, clock, ingest } = settled(groupedSnapshot())
    ingest.onDropped(BTC_GROUPED)
    clock.advance(120_000)
    expect(sent()).toEqual([])
  })

  it.each([
    ['the last snapshot', groupedSnapshot({ changeId: 5 })],
    ['an empty change', snapshot({ changeId: 5 })],
  ])('is sent once more at the stop, as the last one, with %s; none follows', (_what, text) => {
    const { sent, clock, checkpoints } = settled(text)
    checkpoints.stop()
    checkpoints.stop()
    const [last, ...others] = sent()
    expect(last?.headers).toMatchObject({ kind: 'checkpoint', 'producer-stopped': 'true' })
    expect(contentOf(last)).toMatchObject({ instrument: BTC, changeId: 5 })
    clock.advance(120_000)
    expect([...others, ...sent()]).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it('says nothing of a stop before it', () => {
    const { sent, clock } = settled(groupedSnapshot())
    clock.advance(60_000)
    expect(sent().filter(({ headers }) => headers?.['producer-stopped'] !== undefined)).toEqual([])
  })

  it('is not sent at the stop for a book that is not verified', () => {
    const { sent, checkpoints, ingest } = settled(groupedSnapshot())
    ingest.onProbeFailed(BTC_GROUPED)
    checkpoints.stop()
    expect(sent()).toEqual([])
  })
})

describe('the instrument status', () => {
  it('is sent at once, with the last snapshot, and in every later checkpoint', () => {
    const { sent, clock, ingest } = settled(groupedSnapshot())
    ingest.onInstrumentStatus(BTC, 'settlement')
    expect(statusesOf(sent())).toEqual(['settlement'])
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(statusesOf(sent())).toEqual(['settlement'])
    ingest.onInstrumentStatus(BTC, 'open')
    expect(statusesOf(sent())).toEqual(['open'])
  })

  it('is announced only once, and not for other instruments', () => {
    const { sent, ingest } = settled(groupedSnapshot(), groupedSnapshot({ instrument: ETH }))
    for (let repeat = 0; repeat < 5; repeat++) ingest.onInstrumentStatus(BTC, 'halted')
    expect(sent().map(({ key }) => key)).toEqual([BTC])
  })

  it('open is not announced for an instrument that was always open', () => {
    const { sent, ingest } = settled(groupedSnapshot())
    ingest.onInstrumentStatus(BTC, 'open')
    expect(sent()).toEqual([])
  })

  it('of maintenance is announced for every instrument, and so is its end', () => {
    const { sent, ingest } = settled(groupedSnapshot(), groupedSnapshot({ instrument: ETH }))
    ingest.onMaintenance(true)
    expect(statusesOf(sent())).toEqual(['maintenance', 'maintenance'])
    ingest.onMaintenance(true)
    expect(sent()).toEqual([])
    ingest.onMaintenance(false)
    expect(statusesOf(sent())).toEqual(['open', 'open'])
  })

  it('of maintenance ends with a change on a connection that should have been closed, or after an hour', () => {
    const { ingest, receive, statuses, clock } = started()
    receive(groupedSnapshot({ changeId: 1 }))
    ingest.onMaintenance(true)
    clock.advance(9000)
    receive(groupedSnapshot({ changeId: 2 }))
    expect(statuses.isMaintenance).toBe(true)
    clock.advance(2000)
    receive(groupedSnapshot({ changeId: 3 }))
    expect(statuses.isMaintenance).toBe(false)
    ingest.onMaintenance(true)
    clock.advance(3_599_000)
    expect(statuses.isMaintenance).toBe(true)
    clock.advance(1000)
    expect(statuses.isMaintenance).toBe(false)
  })

  it('known before the first snapshot is sent with it', () => {
    const { ingest, receive, sent } = started()
    ingest.onInstruments([
      {
        instrument: BTC,
        kind: 'future',
        baseCurrency: 'BTC',
        quoteCurrency: 'USD',
        amountUnit: 'USD',
        tickSize: 0.5,
        priceIndex: 'btc_usd',
        status: 'locked',
      },
    ])
    receive(groupedSnapshot(), 'subscribe')
    expect(sent().map(({ kind, headers }) => [kind, headers?.['instrument-state']])).toEqual([
      ['frame', undefined],
      ['checkpoint', 'locked'],
    ])
  })

  it('is announced as soon as the connection is verified', () => {
    const { ingest, receive, sent, feed, clock } = started()
    receive(groupedSnapshot())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(CHECKPOINT_MS + 1)
    sent()
    ingest.onInstrumentStatus(BTC, 'halted')
    expect(statusesOf(sent())).toEqual([])
    feed.isAlive = true
    clock.advance(TICK_MS)
    expect(statusesOf(sent())).toEqual(['halted'])
  })

  it('of locked indices follows the newest list alone', () => {
    const { ingest, receive, statuses } = started()
    receive(groupedSnapshot())
    statuses.setPriceIndex(BTC, 'btc_usd')
    ingest.onIndexLock('btc_usd', true)
    expect(statuses.of(BTC)).toBe('locked')
    ingest.onLockedIndices([])
    expect(statuses.of(BTC)).toBeNull()
    ingest.onLockedIndices(['btc_usd'])
    expect(statuses.of(BTC)).toBe('locked')
  })

  it('of maintenance ends with an unchanged snapshot on a new connection', () => {
    const { ingest, receive, sent, statuses } = started()
    receive(groupedSnapshot())
    sent()
    ingest.onMaintenance(true)
    sent()
    receive(groupedSnapshot())
    expect(statuses.isMaintenance).toBe(true)
    sent()
    receive(groupedSnapshot(), 'subscribe')
    expect(statuses.isMaintenance).toBe(false)
    expect(statusesOf(sent())).toContain('open')
  })

  it('of maintenance ends with the first snapshot of a new connection, if the end notice was lost', () => {
    const { sent, clock, ingest, receive, statuses } = settled(groupedSnapshot())
    ingest.onMaintenance(true)
    clock.advance(60_000)
    receive(groupedSnapshot({ changeId: 70_000_000_300 }), 'subscribe')
    sent()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(statusesOf(sent())).toEqual(['open'])
    expect(statuses.isMaintenance).toBe(false)
  })

  it('of a locked price index is announced for its instruments, and so is its end', () => {
    const { sent, ingest, statuses, clock } = settled(
      groupedSnapshot(),
      groupedSnapshot({ instrument: ETH }),
    )
    statuses.setPriceIndex(BTC, 'btc_usd')
    statuses.setPriceIndex(ETH, 'eth_usd')
    ingest.onIndexLock('btc_usd', true)
    expect(sent().map(({ key, headers }) => [key, headers?.['instrument-state']])).toEqual([
      [BTC, 'locked'],
    ])
    ingest.onIndexLock('btc_usd', true)
    ingest.onIndexLock('sol_usd', true)
    expect(sent()).toEqual([])
    ingest.onIndexLock('btc_usd', false)
    expect(statusesOf(sent())).toEqual(['open'])
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(statusesOf(sent().filter(({ key }) => key === BTC))).toEqual(['open'])
  })

  it('is announced as soon as the connection is verified again', () => {
    const { sent, clock, ingest, feed } = settled(groupedSnapshot())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(CHECKPOINT_MS + 1000)
    sent()
    ingest.onInstrumentStatus(BTC, 'halted')
    expect(sent()).toEqual([])
    feed.isAlive = true
    clock.advance(CHECKPOINT_MS)
    expect(statusesOf(sent())).toEqual(['halted'])
  })
})

describe('a sequence that the full queue dropped', () => {
  it('restarts from the own book, as soon as the producer has capacity', () => {
    const { sent, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 6, prevChangeId: 5 }))
    sent()
    producer.cut.add(BTC_CHANGES)
    clock.advance(TICK_MS)
    const [record, ...others] = sent()
    expect(others).toEqual([])
    expect(record).toMatchObject({ kind: 'checkpoint', isWhole: true, channel: BTC_CHANGES })
    expect(JSON.parse(String(record?.value))).toMatchObject({
      params: { data: { type: 'snapshot', change_id: 6 } },
    })
    clock.advance(TICK_MS)
    expect(sent()).toEqual([])
  })

  it('is retried with growing pauses while the topic rejects the book', () => {
    const { sent, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 6, prevChangeId: 5 }))
    sent()
    let tries = 0
    for (let passedMs = 0; passedMs < 60_000; passedMs += TICK_MS) {
      producer.cut.add(BTC_CHANGES)
      clock.advance(TICK_MS)
      tries += sent().length
    }
    // 1, 2, 4 s and so on, and the ordinary checkpoints of a minute.
    expect(tries).toBeGreaterThan(5)
    expect(tries).toBeLessThan(50)
  })

  it('is restarted once a second during an overload, however often it is cut', () => {
    const { sent, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 6, prevChangeId: 5 }))
    sent()
    producer.isOverloaded = true
    const restarts: number[] = []
    for (let second = 0; second < 20; second += 1) {
      let count = 0
      for (let tick = 0; tick < 10; tick += 1) {
        producer.cut.add(BTC_CHANGES)
        clock.advance(TICK_MS)
        count += sent().length
      }
      restarts.push(count)
    }
    expect(restarts.slice(1)).toEqual(Array(19).fill(1))
  })

  it('waits while the own book is broken', () => {
    const { sent, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 9, prevChangeId: 8 }))
    sent()
    producer.cut.add(BTC_CHANGES)
    clock.advance(CHECKPOINT_MS)
    expect(sent()).toEqual([])
  })
})
