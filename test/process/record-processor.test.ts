import { describe, expect, it } from 'vitest'
import { pipelineLag } from '../../src/observability/catalogue/catalogue.ts'
import type { InvalidRecordReason } from '../../src/model/pipeline.ts'
import * as frames from '../support/frames.ts'
import { checkpointHeaders, processFixture, STALE_AFTER_MS } from './process-fixture.ts'

const { groupedSnapshot, snapshot, change, BTC, ETH } = frames

/** Invalid timestamps as other writers set them. The clock stands at 1,790,000,000,000. */
const UNSOUND_TIMES = [
  ['none', -1],
  ['nothing set', 0],
  ['seconds', 1_790_000_000],
  ['microseconds', 1_790_000_000_000_000],
  ['nanoseconds', 1_790_000_000_000_000_000],
  ['the far future', 1_790_000_000_000 + 2 * 86_400_000],
  ["the broker's own", Number.NaN],
] as const

describe('a record that cannot be used', () => {
  it.each([
    ['a tombstone', null, {}, 'schema'],
    ['bytes that are no JSON', '\u0000\u0001', {}, 'json'],
    ['a heartbeat', frames.HEARTBEAT, {}, 'schema'],
    [
      'a channel of another kind',
      frames.notification('ticker.BTC-PERPETUAL.100ms', '{}'),
      {},
      'unknown_channel',
    ],
    ['trades among the books', frames.trades([frames.trade()]), {}, 'unknown_channel'],
    ['the key of another instrument', groupedSnapshot(), { key: ETH }, 'key_mismatch'],
    ['no key', groupedSnapshot(), { key: null }, 'key_mismatch'],
    [
      'a checkpoint without verified-at',
      groupedSnapshot(),
      { headers: { kind: 'checkpoint', 'producer-id': 'a' } },
      'schema',
    ],
    [
      'a checkpoint without a producer id',
      groupedSnapshot(),
      { headers: { kind: 'checkpoint', 'verified-at-ms': '1' } },
      'schema',
    ],
    [
      'a checkpoint verified at no number',
      groupedSnapshot(),
      { headers: checkpointHeaders(NaN) },
      'timestamp',
    ],
    [
      'a checkpoint verified at 1e999',
      groupedSnapshot(),
      { headers: checkpointHeaders(1, { 'verified-at-ms': '1e999' }) },
      'timestamp',
    ],
    ...['-1', '0', '1790000000', '1790000000000000', '0x1a0c3f8d000', ' ', 'NaN'].map(
      (verified) =>
        [
          `a checkpoint verified at "${verified}"`,
          groupedSnapshot(),
          { headers: checkpointHeaders(1, { 'verified-at-ms': verified }) },
          'timestamp',
        ] as const,
    ),
    ...UNSOUND_TIMES.map(
      ([what, timestampMs]) =>
        [
          `a record whose timestamp is ${what}`,
          groupedSnapshot(),
          { timestampMs },
          'timestamp',
        ] as const,
    ),
    ...UNSOUND_TIMES.filter(([, timeMs]) => timeMs >= 0 && Number.isSafeInteger(timeMs)).map(
      ([what, exchangeTimeMs]) =>
        [`a frame of ${what}`, groupedSnapshot({ exchangeTimeMs }), {}, 'timestamp'] as const,
    ),
  ] as const)(
    'is skipped, counted once and logged with its offset: %s',
    (_what, value, given, reason) => {
      const { send, store, invalid, consumed, logger } = processFixture()
      send(value, { ...given, partition: 3 })
      expect(invalid(reason)).toBe(1)
      expect(
        ['json', 'schema', 'unknown_channel', 'key_mismatch', 'timestamp']
          .map((each) => invalid(each as InvalidRecordReason))
          .reduce((sum, count) => sum + count),
      ).toBe(1)
      expect(consumed()).toBe(1)
      expect(store.instruments()).toEqual([])
      expect(logger.lines).toEqual([
        {
          level: 'warn',
          fields: expect.objectContaining({
            topic: 'prices',
            partition: 3,
            offset: '0',
            reason,
          }) as object,
          message: `invalid record skipped: ${reason}`,
        },
      ])
    },
  )

  it('does not change an existing book', () => {
    const { send, state, midPrice } = processFixture()
    send(groupedSnapshot())
    send('garbage')
    send(groupedSnapshot({ instrument: ETH }))
    expect(state()).toBe('live')
    expect(midPrice()).toBe(61_000.25)
  })

  it('does not verify the book', () => {
    const { send, state, clock } = processFixture()
    send(groupedSnapshot())
    for (let second = 0; second < 6; second++) {
      clock.advance(1000)
      send(groupedSnapshot(), { key: ETH })
      send(null)
    }
    expect(state()).toBe('stale:unverified')
  })

  it('shows at most 200 bytes of itself in the log', () => {
    const { send, logger } = processFixture()
    send('x'.repeat(10_000))
    expect(logger.lines[0]?.fields).toMatchObject({ excerpt: 'x'.repeat(200) })
  })
})

describe('headers', () => {
  it('of another kind than checkpoint are ignored', () => {
    const { send, store } = processFixture()
    send(groupedSnapshot(), { headers: { traceparent: '00-1-1-01', kind: 'other' } })
    expect(store.instrument(BTC)).toMatchObject({ state: 'live', updatesTotal: 1 })
  })

  it('report the offset of the exchange’s clock, from which age and lag are computed', () => {
    const { send, store, clock } = processFixture()
    send(groupedSnapshot({ changeId: 1, exchangeTimeMs: clock.nowMs() }))
    expect(store.snapshot(BTC, 1)).toMatchObject({
      ageMs: null,
      lagMs: { exchangeToReceive: null, receiveToPublish: 0, total: null },
    })
    const headers = checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '-20.5' })
    send(groupedSnapshot({ changeId: 1, exchangeTimeMs: clock.nowMs() }), { headers })
    clock.advance(100)
    send(groupedSnapshot({ changeId: 2, exchangeTimeMs: clock.nowMs() - 50 }), { ageMs: 10 })
    clock.advance(5)
    expect(store.snapshot(BTC, 1)).toMatchObject({
      ageMs: 34.5,
      lagMs: { exchangeToReceive: 19.5, receiveToPublish: 10, total: 29.5 },
    })
  })

  it.each(['1e308', '9000000000000', '-86400001', 'Infinity', 'x'])(
    'with an absurd clock offset give no age and no lag: %s',
    (offset) => {
      const { send, store, clock } = processFixture()
      const headers = checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': offset })
      send(groupedSnapshot({ changeId: 1 }), { headers })
      send(groupedSnapshot({ changeId: 2 }))
      expect(store.snapshot(BTC, 1)).toMatchObject({
        ageMs: null,
        lagMs: { exchangeToReceive: null, total: null },
      })
    },
  )

  it('set the clock of their own book alone', () => {
    const { send, store, clock } = processFixture()
    const reported = (offset: string, producerId: string) =>
      checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': offset, 'producer-id': producerId })
    const shown = groupedSnapshot({ exchangeTimeMs: clock.nowMs() })
    send(shown, { headers: reported('5', 'producer-a') })
    const other = 'ETH-PERPETUAL'
    const wrong = groupedSnapshot({ instrument: other, exchangeTimeMs: clock.nowMs() })
    send(wrong, { key: other, headers: reported('3000', 'producer-b') })
    expect(store.snapshot(BTC, 1)?.ageMs).toBe(5)
    expect(store.snapshot(other, 1)?.ageMs).toBe(3000)
  })

  it('set the clock of all books while only one producer is known', () => {
    const { send, store, clock } = processFixture()
    send(groupedSnapshot({ exchangeTimeMs: clock.nowMs() }))
    const other = 'ETH-PERPETUAL'
    const reported = checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '5' })
    send(groupedSnapshot({ instrument: other, exchangeTimeMs: clock.nowMs() }), {
      key: other,
      headers: reported,
    })
    expect(store.snapshot(BTC, 1)?.ageMs).toBe(5)
    const second = checkpointHeaders(clock.nowMs(), {
      'clock-offset-ms': '3000',
      'producer-id': 'b',
    })
    send(groupedSnapshot({ instrument: other, exchangeTimeMs: clock.nowMs() }), {
      key: other,
      headers: second,
    })
    // The producer of the book is not known yet.
    expect(store.snapshot(BTC, 1)?.ageMs).toBeNull()
    expect(store.snapshot(other, 1)?.ageMs).toBe(5)
  })

  it('use the clock of one of two producers, however rarely it reports, until it is gone', () => {
    const { send, store, clock } = processFixture()
    let changeId = 1
    const reported = (offset: string, producerId: string) => {
      send(groupedSnapshot({ changeId, exchangeTimeMs: clock.nowMs() }), {
        headers: checkpointHeaders(clock.nowMs(), {
          'clock-offset-ms': offset,
          'producer-id': producerId,
        }),
      })
    }
    /** Half a minute of a busy book; the offsets that it went by, as its age. */
    const busy = () => {
      const ages = new Set<number | null | undefined>()
      for (let second = 0; second < 30; second += 1) {
        clock.advance(1000)
        changeId += 1
        send(groupedSnapshot({ changeId, exchangeTimeMs: clock.nowMs() }))
        ages.add(store.snapshot(BTC, 1)?.ageMs)
      }
      return [...ages]
    }
    reported('5', 'a')
    for (let round = 0; round < 3; round += 1) {
      reported('3000', 'b')
      expect(busy()).toEqual([5])
      reported('5', 'a')
    }
    reported('6', 'a')
    expect(busy()).toEqual([6])
    for (let gone = 0; gone < 3; gone += 1) {
      reported('3000', 'b')
      busy()
    }
    expect(busy()).toEqual([3000])
    reported('7', 'a')
    expect(busy()).toEqual([3000])
    reported('', 'b')
    expect(busy()).toEqual([null])
    reported('8', 'a')
    expect(busy()).toEqual([8])
  })

  it('set no clock if their book is rejected', () => {
    const { send, store, clock } = processFixture()
    const by = (offset: string, producerId: string) =>
      checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': offset, 'producer-id': producerId })
    send(groupedSnapshot({ exchangeTimeMs: clock.nowMs() }), { headers: by('', 'a') })
    const elsewhere = groupedSnapshot({
      exchangeTimeMs: clock.nowMs(),
      channel: `book.${BTC}.none.20.100ms`,
    })
    send(elsewhere, { headers: by('3000', 'b') })
    expect(store.snapshot(BTC, 1)?.ageMs).toBeNull()
  })

  it('of a checkpoint give no lag of its snapshot', () => {
    const { send, store, clock } = processFixture()
    const headers = checkpointHeaders(clock.nowMs(), { 'clock-offset-ms': '0' })
    send(groupedSnapshot({ exchangeTimeMs: 1_700_000_000_000 }), { headers })
    expect(store.snapshot(BTC, 1)?.lagMs).toEqual({
      exchangeToReceive: null,
      receiveToPublish: null,
      total: null,
    })
  })
})

describe('two producers of one incremental channel', () => {
  const by = (id: string, verifiedAtMs: number) =>
    checkpointHeaders(verifiedAtMs, { 'producer-id': id })

  it('do not mix: the first one’s checkpoints count, the other’s are counted and ignored', () => {
    const { send, store, clock, rejected } = processFixture()
    send(snapshot({ changeId: 100 }), { headers: by('a', clock.nowMs()) })
    send(snapshot({ changeId: 900, bids: [[1, 1]] }), { headers: by('b', clock.nowMs()) })
    expect(rejected('second_producer')).toBe(1)
    expect(store.snapshot(BTC, 9)).toMatchObject({ changeId: 100, bids: frames.BIDS })
  })

  it('switch once the first has been silent, with the other’s next snapshot', () => {
    const { send, store, clock, rejected } = processFixture()
    send(snapshot({ changeId: 100 }), { headers: by('a', clock.nowMs()) })
    clock.advance(STALE_AFTER_MS + 1)
    send(change({ changeId: 900, prevChangeId: 900 }), { headers: by('b', clock.nowMs()) })
    expect(rejected('second_producer')).toBe(1)
    send(snapshot({ changeId: 900, bids: [[60_000, 1]] }), { headers: by('b', clock.nowMs()) })
    expect(store.snapshot(BTC, 9)).toMatchObject({ state: 'live', changeId: 900 })
    send(snapshot({ changeId: 950 }), { headers: by('a', clock.nowMs()) })
    expect(rejected('second_producer')).toBe(2)
  })

  it('may both send snapshots in a grouped channel', () => {
    const { send, store, clock, rejected } = processFixture()
    send(groupedSnapshot({ changeId: 1 }), { headers: by('a', clock.nowMs()) })
    send(groupedSnapshot({ changeId: 2 }), { headers: by('b', clock.nowMs()) })
    expect(rejected('second_producer')).toBe(0)
    expect(store.instrument(BTC)?.state).toBe('live')
  })
})

describe('a producer with another channel for the instrument', () => {
  const other = (changeId: number) =>
    groupedSnapshot({ channel: `book.${BTC}.none.20.100ms`, changeId, bids: [[60_000, 2]] })

  it('is ignored and counted while the first channel has records', () => {
    const { send, store, clock, rejected } = processFixture()
    for (let second = 0; second < 20; second++) {
      send(groupedSnapshot({ changeId: 100 + second }))
      send(other(500 + second))
      clock.advance(1000)
    }
    expect(rejected('second_producer')).toBe(20)
    expect(store.snapshot(BTC, 9)).toMatchObject({ bids: frames.BIDS, changeId: 119 })
  })

  it('takes over with its first snapshot once the first channel is silent', () => {
    const { send, store, clock, sequenceBreaks } = processFixture()
    send(groupedSnapshot({ changeId: 100 }))
    clock.advance(STALE_AFTER_MS + 1)
    send(other(7))
    expect(sequenceBreaks('channel_change')).toBe(1)
    expect(store.snapshot(BTC, 9)).toMatchObject({
      state: 'live',
      bids: [[60_000, 2]],
      changeId: 7,
    })
  })

  it('does not take over with invalid levels, or with a change', () => {
    const { send, store, clock, state } = processFixture()
    send(groupedSnapshot({ changeId: 100 }))
    clock.advance(STALE_AFTER_MS + 1)
    send(change({ changeId: 7, prevChangeId: 6 }))
    send(other(7).replace('[6.0e4,2.0]', '[6.0e4,-2.0]'))
    expect(store.snapshot(BTC, 9)).toMatchObject({ bids: frames.BIDS, changeId: 100 })
    expect(state()).not.toBe('live')
  })
})

describe('the last records that could not be read', () => {
  it('are kept with their offset, newest first, at most ten', () => {
    const { send, rejectedRecords, clock } = processFixture()
    for (let number = 0; number < 12; number += 1) send(`no json ${number}`)
    expect(rejectedRecords.list()).toHaveLength(10)
    expect(rejectedRecords.list()[0]).toEqual({
      topic: 'prices',
      partition: 0,
      offset: '11',
      reason: 'json',
      excerpt: 'no json 11',
      skippedTimeMs: clock.nowMs(),
    })
    expect(rejectedRecords.list().at(-1)).toMatchObject({ offset: '2' })
  })

  it('have at most 200 bytes of their value, and none of a tombstone', () => {
    const { send, rejectedRecords } = processFixture()
    send('x'.repeat(1000))
    send(null)
    expect(rejectedRecords.list().map(({ excerpt }) => excerpt?.length ?? null)).toEqual([
      null,
      200,
    ])
  })
})

describe('a record without a valid timestamp', () => {
  it.each(UNSOUND_TIMES)('changes neither book nor lag: %s', (_what, timestampMs) => {
    const { send, store, state, registry, clock } = processFixture()
    send(groupedSnapshot({ changeId: 1 }))
    const stages = ['receive_to_consume', 'receive_to_publish', 'total'] as const
    const observed = () =>
      stages.map((stage) => {
        const { counts, sum } = registry.histogram(pipelineLag).series({ stage })
        return [[...counts], sum]
      })
    const before = observed()
    clock.advance(100)
    send(groupedSnapshot({ changeId: 2 }), { timestampMs })
    send(groupedSnapshot({ changeId: 3 }), { timestampMs, isAtEnd: false })
    expect(state()).toBe('live')
    expect(store.snapshot(BTC, 1)).toMatchObject({ changeId: 1, receivedTimeMs: 1_790_000_000_000 })
    expect(observed()).toEqual(before)
  })

  it('still marks the end of the partition', () => {
    const { send, state, own } = processFixture()
    own(0)
    send(groupedSnapshot({ changeId: 1 }), { isReplayed: true, isAtEnd: false })
    expect(state()).toBe('catching_up:backlog')
    send(groupedSnapshot({ changeId: 2 }), { isReplayed: true, timestampMs: -1 })
    expect(state()).toBe('live')
  })
})

describe('the end of a partition without a record', () => {
  it('ends the backlog of its books', () => {
    const { send, state, own, processor } = processFixture()
    own(0, 1)
    send(groupedSnapshot({ changeId: 1 }), { isReplayed: true, isAtEnd: false })
    processor.onCaughtUp({ topic: 'trades', partition: 0 })
    processor.onCaughtUp({ topic: 'prices', partition: 1 })
    expect(state()).toBe('catching_up:backlog')
    processor.onCaughtUp({ topic: 'prices', partition: 0 })
    expect(state()).toBe('live')
  })
})
