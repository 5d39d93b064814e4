import fc from 'fast-check'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { MetricRegistry } from '../../../../src/observability/metrics/registry.ts'
import { type Clock, systemClock } from '../../../../src/time/clock.ts'
import { Assignment } from '../../../../src/topic/consumer/assignment.ts'
import { GuardedHandler } from '../../../../src/topic/consumer/guarded-handler.ts'
import { ReadingLoad } from '../../../../src/topic/consumer/reading-load.ts'
import { BatchReader } from '../../../../src/topic/kafka/consumer/batch-reader.ts'
import { OffsetRange } from '../../../../src/topic/kafka/fetch/fetched.ts'
import { createConsumerMetrics } from '../../../../src/topic/metrics.ts'
import { recordingLogger } from '../../../http/fakes.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RememberingHandler, silentLogger } from '../../records.ts'

const SESSION_MS = 6000

function message(offset: number, overrides: Partial<KafkaMessage> = {}): KafkaMessage {
  return {
    key: Buffer.from('BTC-PERPETUAL'),
    value: Buffer.from(`value ${offset}`),
    timestamp: '1790000000000',
    attributes: 0,
    offset: String(offset),
    headers: {},
    ...overrides,
  } as KafkaMessage
}

/** Offsets without records, in the shape in which they are listed among messages. */
function range(first: number, last: number, problem: string | null = null): KafkaMessage {
  return Object.assign(new OffsetRange(first, last, problem), message(last))
}

/** A reader that owns `prices/0` from `next` on. */
function readerFixture({
  next = 0n,
  clock = systemClock,
  load = 1,
}: { next?: bigint; clock?: Clock; load?: number } = {}) {
  const assignment = new Assignment(['prices'])
  const [state] = assignment.assign([{ topic: 'prices', partition: 0 }]).gained
  if (state === undefined) throw new Error('nothing gained')
  state.next = next
  const handler = new RememberingHandler()
  const logger = recordingLogger()
  const metrics = createConsumerMetrics(new MetricRegistry({ role: 'consumer' }))
  const readingLoad = new ReadingLoad(
    { topic: 'prices', delayLimitMs: 1000 },
    { assignment, clock, logger, load: () => load },
  )
  const reader = new BatchReader({
    readingLoad,
    sessionMs: SESSION_MS,
    assignment,
    metrics,
    clock,
    logger,
    handler: new GuardedHandler({ handler, metrics, logger: silentLogger }),
    isActive: () => true,
    beforeBatch: null,
    onProgress: () => undefined,
  })
  const resolved: string[] = []
  let heartbeats = 0
  const payload = (messages: KafkaMessage[], overrides: Partial<EachBatchPayload> = {}) => {
    const last = Number(messages.at(-1)?.offset ?? 0)
    const batch = {
      topic: 'prices',
      partition: 0,
      highWatermark: String(last + 1),
      messages,
      isEmpty: () => messages.length === 0,
      firstOffset: () => messages[0]?.offset ?? null,
      lastOffset: () => String(last),
      offsetLag: () => '0',
      offsetLagLow: () => '0',
    }
    return {
      batch,
      resolveOffset: (offset: string) => resolved.push(offset),
      heartbeat: () => {
        heartbeats += 1
        return Promise.resolve()
      },
      pause: () => () => undefined,
      commitOffsetsIfNecessary: () => Promise.resolve(),
      uncommittedOffsets: () => ({ topics: [] }),
      isRunning: () => true,
      isStale: () => false,
      ...overrides,
    }
  }
  const offsets = () => handler.records.map(({ offset }) => Number(offset))
  return {
    reader,
    assignment,
    state,
    readingLoad,
    handler,
    logger,
    metrics,
    payload,
    resolved,
    offsets,
    beats: () => heartbeats,
  }
}

describe('a fetched batch', () => {
  it('is passed to the handler in order, and advances the position', async () => {
    const { reader, state, payload, resolved, offsets } = readerFixture()
    await reader.read(payload([message(0), message(1), message(2)]))
    expect(offsets()).toEqual([0, 1, 2])
    expect(state.next).toBe(3n)
    expect(resolved).toEqual(['2'])
  })

  it('is not processed twice if it is fetched again', async () => {
    const { reader, payload, offsets } = readerFixture({ next: 2n })
    await reader.read(payload([message(0), message(1), message(2), message(3)]))
    await reader.read(payload([message(2), message(3)]))
    expect(offsets()).toEqual([2, 3])
  })

  it('is not processed before the start offset is known, nor after the partition is lost', async () => {
    const { reader, assignment, state, payload, offsets } = readerFixture()
    state.next = null
    await reader.read(payload([message(0)]))
    state.next = 0n
    await reader.read(payload([message(0)], { isStale: () => true }))
    await reader.read(payload([message(0)], { isRunning: () => false }))
    assignment.assign([])
    await reader.read(payload([message(0)]))
    expect(offsets()).toEqual([])
  })

  it('counts records that were deleted before they were read', async () => {
    const { reader, payload, offsets, metrics } = readerFixture({ next: 5n })
    await reader.read(payload([message(9), message(10)]))
    expect(offsets()).toEqual([9, 10])
    expect(metrics.skipped.series({ topic: 'prices' }).value).toBe(4)
  })

  it('rereads a recreated partition from its first record', async () => {
    const { reader, payload, offsets, state } = readerFixture({ next: 1000n })
    await reader.read(payload([message(0), message(1)]))
    expect(offsets()).toEqual([0, 1])
    expect(state.next).toBe(2n)
  })

  it('yields to the event loop and the heartbeat each 5 ms', async () => {
    const clock = new FakeClock()
    const { reader, payload, handler, resolved, beats } = readerFixture({ clock })
    handler.onRecordHook = () => {
      clock.advance(1)
    }
    let ticks = 0
    const count = () => {
      ticks += 1
      if (handler.records.length < 160) setImmediate(count)
    }
    setImmediate(count)
    await reader.read(payload(Array.from({ length: 160 }, (_, index) => message(index))))
    expect(ticks).toBeGreaterThanOrEqual(9)
    expect(beats()).toBe(10)
    expect(resolved).toHaveLength(10)
  })

  it('stops at the next yield if the partition is lost meanwhile, and keeps its position', async () => {
    const clock = new FakeClock()
    const { reader, payload, handler, assignment, state, offsets } = readerFixture({ clock })
    handler.onRecordHook = () => {
      clock.advance(1)
    }
    const lose = () => {
      assignment.assign([])
      return Promise.resolve()
    }
    const messages = Array.from({ length: 100 }, (_, index) => message(index))
    await reader.read(payload(messages, { heartbeat: lose }))
    expect(offsets()).toEqual([...Array(16).keys()])
    expect(state.next).toBe(16n)
  })

  it('of a member paused for longer than its session waits for the group to confirm membership', async () => {
    const clock = new FakeClock()
    const { reader, payload, offsets, beats } = readerFixture({ clock })
    await reader.read(payload([message(0)]))
    expect(beats()).toBe(1)
    clock.advance(SESSION_MS + 1)
    const heartbeat = () => Promise.reject(new Error('The coordinator is not aware of this member'))
    await expect(reader.read(payload([message(1)], { heartbeat }))).rejects.toThrow(/not aware/)
    // Another member may own it by now, at a later position.
    expect(offsets()).toEqual([0])
    await reader.read(payload([message(1)]))
    expect(offsets()).toEqual([0, 1])
    expect(beats()).toBe(3)
  })

  it('of a confirmed member is processed without a heartbeat first', async () => {
    const clock = new FakeClock()
    const { reader, payload, handler, beats } = readerFixture({ clock })
    const beatsBefore: number[] = []
    handler.onRecordHook = () => beatsBefore.push(beats())
    for (let offset = 0; offset < 4; offset += 1) {
      clock.advance(SESSION_MS / 2)
      await reader.read(payload([message(offset)]))
    }
    expect(beatsBefore).toEqual([0, 1, 2, 3])
  })

  it('marks records from before the assignment, and the last record of the log', async () => {
    const { reader, payload, handler, state } = readerFixture()
    state.replayEnd = 2n
    await reader.read(payload([message(0), message(1), message(2), message(3)]))
    expect(handler.records.map(({ isReplayed }) => isReplayed)).toEqual([true, true, false, false])
    expect(handler.records.map(({ isAtEnd }) => isAtEnd)).toEqual([false, false, false, true])
  })

  it('skips offsets without records, and detects the end of the log behind them', async () => {
    const { reader, payload, handler, state, resolved, metrics } = readerFixture()
    await reader.read(payload([range(0, 3), message(4), range(5, 9)]))
    expect(handler.records).toMatchObject([{ offset: '4', isAtEnd: true }])
    expect(state.next).toBe(10n)
    expect(resolved).toEqual(['9'])
    expect(handler.caughtUp).toEqual([])
    expect(metrics.skipped.series({ topic: 'prices' }).value).toBe(0)
  })

  it('reports the end if no record is left to mark it', async () => {
    const { reader, payload, handler, state } = readerFixture()
    const cut = payload([message(0), range(1, 4)])
    await reader.read({ ...cut, batch: { ...cut.batch, highWatermark: '9' } })
    expect(handler.records.map(({ isAtEnd }) => isAtEnd)).toEqual([false])
    expect(handler.caughtUp).toEqual([])
    await reader.read(payload([range(5, 8)]))
    expect(handler.caughtUp).toEqual([{ topic: 'prices', partition: 0 }])
    expect(state.next).toBe(9n)
  })

  it('counts, logs and reports the records of an unreadable batch, and continues', async () => {
    const { reader, payload, handler, offsets, metrics, logger } = readerFixture()
    await reader.read(payload([message(0), range(1, 7, 'unknown codec 6'), message(8)]))
    expect(offsets()).toEqual([0, 8])
    expect(metrics.skipped.series({ topic: 'prices' }).value).toBe(7)
    const coordinates = {
      topic: 'prices',
      partition: 0,
      firstOffset: '1',
      lastOffset: '7',
      problem: 'unknown codec 6',
    }
    expect(handler.unreadable).toEqual([coordinates])
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: coordinates,
        message: 'unreadable batch skipped',
      },
    ])
  })

  it('derives the age of the partition from valid timestamps alone', async () => {
    const { reader, payload, state } = readerFixture()
    await reader.read(payload([message(0), message(1, { timestamp: '-1' })]))
    expect(state.lastTimestampMs).toBe(1_790_000_000_000)
    await reader.read(payload([message(2, { timestamp: '1790000000' })]))
    expect(state.lastTimestampMs).toBe(1_790_000_000_000)
  })

  it('never fails, whatever the records contain and the handler does', async () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)))
    const headerValue = fc.oneof(
      fc.uint8Array({ maxLength: 10 }).map((array) => Buffer.from(array)),
      fc.string(),
      fc.constant(undefined),
      fc.array(fc.string(), { maxLength: 3 }),
    )
    const anyMessage = fc.record({
      key: bytes,
      value: bytes,
      timestamp: fc.oneof(fc.integer().map(String), fc.string()),
      headers: fc.oneof(fc.dictionary(fc.string(), headerValue), fc.constant(undefined)),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 60 }), fc.nat(), async (given, salt) => {
        const { reader, payload, handler, offsets, metrics } = readerFixture()
        handler.onRecordHook = ({ offset }) => {
          if ((Number(offset) * 7 + salt) % 3 === 0) throw new RangeError('no')
        }
        const messages = given.map((content, index) => message(index, content as KafkaMessage))
        await reader.read(payload(messages))
        expect(offsets()).toEqual([...given.keys()])
        const failed = [...given.keys()].filter((offset) => (offset * 7 + salt) % 3 === 0)
        expect(metrics.skipped.series({ topic: 'prices' }).value).toBe(failed.length)
      }),
      { numRuns: 2000 },
    )
  }, 60_000)
})

describe('a late batch', () => {
  const NOW_MS = 1_790_000_100_000
  const LATE_MS = 1500

  /** A reader during an overload, or while the process is idle. */
  async function readLate({ isBusy = true, replayEnd = 0n, ageMs = LATE_MS } = {}) {
    const clock = new FakeClock({ wallMs: NOW_MS })
    const fixture = readerFixture({ clock, load: isBusy ? 1 : 0.3 })
    const { reader, payload, handler, readingLoad, state } = fixture
    state.replayEnd = replayEnd
    const values = ['A:1', 'B:1', 'A:2', 'trade', 'B:2', 'A:3', 'C:1']
    const read = async (from: number) => {
      const timestamp = String(clock.nowMs() - ageMs)
      const messages = values.map((value, index) =>
        message(from + index, {
          value: Buffer.from(value),
          timestamp,
          // A checkpoint.
          headers: value === 'B:1' ? { kind: Buffer.from('checkpoint') } : {},
        }),
      )
      const highWatermark = String(from + 1000)
      const given = payload(messages)
      await reader.read({ ...given, batch: { ...given.batch, highWatermark } })
    }
    readingLoad.start()
    for (let batch = 0; batch < 8; batch += 1) {
      await read(batch * values.length)
      clock.advance(250)
    }
    handler.records.length = 0
    handler.superseded.length = 0
    await read(8 * values.length)
    return { ...fixture, handled: handler.records.map(({ value }) => value?.toString()) }
  }

  it('of an overload is read to its end, but of each channel only the newest snapshot is handled', async () => {
    const { handled, handler, state, readingLoad } = await readLate()
    expect(readingLoad.isOverloaded).toBe(true)
    expect(handled).toEqual(['B:1', 'trade', 'B:2', 'A:3', 'C:1'])
    expect(handler.superseded).toEqual(['A:1', 'A:2'])
    expect(state.next).toBe(63n)
    expect(readingLoad.delayMs()).toBe(LATE_MS)
  })

  it.each([
    ['that is not late any more', { ageMs: 400 }],
    ['while the process is idle', { isBusy: false }],
    ['of the replay', { replayEnd: 1000n }],
  ])('is handled whole %s', async (_when, options) => {
    const { handled, handler } = await readLate(options)
    expect(handled).toHaveLength(7)
    expect(handler.superseded).toEqual([])
  })
})
