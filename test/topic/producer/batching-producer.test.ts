import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { partitionOfKey } from '../../../src/topic/partitioner.ts'
import { recordBytes } from '../../../src/topic/producer/queue/record-queue.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const named = (name: string, overrides: Partial<OutgoingRecord> = {}) =>
  outgoing({ value: Buffer.from(name), ...overrides })
const sized = (bytes: number, overrides: Partial<OutgoingRecord> = {}) =>
  outgoing({ value: Buffer.alloc(bytes), ...overrides })
const names = (records: readonly OutgoingRecord[]) => records.map(({ value }) => value.toString())

describe('when a batch is sent', () => {
  it('sends a record at once if its partition is idle and the last flush was long ago', async () => {
    const { transport, producer } = await producerFixture()
    producer.send(named('a'))
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['a']])
  })

  it('sends the records of one tick of the event loop as one batch', async () => {
    const { transport, producer } = await producerFixture({}, { defer: queueMicrotask })
    for (const name of ['a', 'b', 'c']) producer.send(named(name))
    expect(transport.pending).toHaveLength(0)
    await Promise.resolve()
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['a', 'b', 'c']])
  })

  it('lets a record wait until the linger after the last flush is over', async () => {
    const { transport, producer, clock } = await producerFixture()
    producer.send(named('a'))
    transport.pending[0]?.acknowledge()
    await settled()
    clock.advance(3)
    producer.send(named('b'))
    producer.send(named('c'))
    clock.advance(1.9)
    expect(transport.pending).toHaveLength(0)
    clock.advance(0.1)
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['b', 'c']])
  })

  it('does not wait for the linger with a full batch', async () => {
    const { transport, producer } = await producerFixture({ batchMaxRecords: 3, lingerMs: 1000 })
    producer.send(named('first'))
    transport.pending[0]?.acknowledge()
    await settled()
    for (const name of ['a', 'b']) producer.send(named(name))
    expect(transport.pending).toHaveLength(0)
    producer.send(named('c'))
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['a', 'b', 'c']])
  })

  it('has one send of a partition in flight, and sends records that arrived meanwhile right after it', async () => {
    const { transport, producer, clock } = await producerFixture({ batchMaxRecords: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) producer.send(named(name))
    clock.advance(50)
    expect(transport.pending).toHaveLength(1)
    transport.pending[0]?.acknowledge()
    await settled()
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['b', 'c']])
  })

  it('sends partitions in parallel', async () => {
    const { transport, producer } = await producerFixture({}, { partitions: 4 })
    for (let index = 0; index < 40; index += 1) producer.send(named('x', { key: `K${index}` }))
    expect(transport.pending.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3])
  })

  it('sends what waits in other partitions together with a batch, but no second one of a partition', async () => {
    const { transport, producer, clock } = await producerFixture(
      {},
      { partitions: 4, defer: queueMicrotask },
    )
    const keys = [0, 1, 2, 3].map(
      (partition) =>
        Array.from({ length: 100 }, (_, index) => `K${index}`).find(
          (key) => partitionOfKey(key, 4) === partition,
        ) ?? '',
    )
    const send = (partition: number) => producer.send(named('x', { key: keys[partition] ?? '' }))
    for (const partition of [0, 1, 2]) send(partition)
    await settled()
    for (const pending of [...transport.pending].slice(0, 2)) pending.acknowledge()
    await settled()
    clock.advance(2)
    // 0 and 1 wait for their linger, 2 for its acknowledgement; 3 may send at once.
    for (const partition of [0, 1, 2, 3]) send(partition)
    await settled()
    expect(transport.sends.slice(3).map(({ partition }) => partition)).toEqual([3, 0, 1])
    expect(transport.pending.filter(({ partition }) => partition === 2)).toHaveLength(1)
  })

  it('sends a batch again by itself after a failure', async () => {
    const { transport, producer, clock } = await producerFixture()
    producer.send(named('a'))
    transport.pending[0]?.fail(sendError('connection'))
    await settled()
    clock.advance(100)
    expect(transport.sends.map(({ isAlone }) => isAlone)).toEqual([false, true])
  })

  it.each([
    [0.2, 5],
    [0.5, 5],
    [0.7, 12.5],
    [0.9, 20],
    [1, 20],
  ])(
    'waits longer for others the busier the process is: at load %f for %f ms',
    async (load, ms) => {
      const { transport, producer, clock } = await producerFixture({}, { load: () => load })
      producer.send(named('a'))
      transport.pending[0]?.acknowledge()
      await settled()
      producer.send(named('b'))
      clock.advance(ms - 0.01)
      expect(transport.pending).toHaveLength(0)
      clock.advance(0.02)
      expect(transport.pending).toHaveLength(1)
    },
  )

  it('never waits with a linger of 0', async () => {
    const { transport, producer } = await producerFixture({ lingerMs: 0 }, { load: () => 1 })
    for (const name of ['a', 'b', 'c']) {
      producer.send(named(name))
      transport.pending[0]?.acknowledge()
      await settled()
    }
    expect(transport.sends.map(({ records }) => names(records))).toEqual([['a'], ['b'], ['c']])
  })

  it('ends a batch at 900,000 bytes, and sends a larger record alone', async () => {
    const { transport, producer, clock } = await producerFixture()
    for (const bytes of [1, 400_000, 400_000, 400_000, 950_000, 1]) producer.send(sized(bytes))
    for (let sends = 0; sends < 5; sends += 1) {
      transport.pending[0]?.acknowledge()
      await settled()
      clock.advance(5)
    }
    const lengths = transport.sends.map(({ records }) => records.map(({ value }) => value.length))
    expect(lengths).toEqual([[1], [400_000, 400_000], [400_000], [950_000], [1]])
  })

  it('does not wait for the linger with 900,000 bytes', async () => {
    const { transport, producer } = await producerFixture({ lingerMs: 1000 })
    producer.send(named('first'))
    transport.pending[0]?.acknowledge()
    await settled()
    producer.send(sized(500_000))
    expect(transport.pending).toHaveLength(0)
    producer.send(sized(500_000))
    expect(transport.pending).toHaveLength(1)
  })

  it('keeps records from before the topic was available in order', async () => {
    const { transport, producer } = await producerFixture({}, { partitions: 0 })
    for (const name of ['a', 'b', 'c']) producer.send(named(name))
    expect(producer.health()).toMatchObject({ isConnected: false, isDelivering: false })
    expect(producer.counts()[0]).toMatchObject({ queued: 3 })
    transport.makeReady('prices', 1)
    expect(producer.health().isConnected).toBe(true)
    transport.pending[0]?.acknowledge()
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual(['a', 'b', 'c'])
  })
})

describe('a send that fails', () => {
  it('returns to the head of its queue and is retried after a pause that grows to 2 s', async () => {
    const { transport, producer, clock } = await producerFixture()
    producer.send(named('a'))
    producer.send(named('b'))
    const pauses: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      transport.pending[0]?.fail(sendError('connection'))
      await settled()
      expect(producer.health()).toMatchObject({ isDelivering: false })
      const before = clock.monotonicMs()
      while (transport.pending.length === 0) clock.advance(1)
      pauses.push(clock.monotonicMs() - before)
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000])
    transport.pending[0]?.acknowledge()
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual(['a', 'b'])
    expect(producer.health()).toEqual({ isConnected: true, isDelivering: true, problem: null })
  })

  it('is not sped up by new records, not even by a full batch of them', async () => {
    const { transport, producer, clock } = await producerFixture({ batchMaxRecords: 2 })
    producer.send(named('a'))
    transport.pending[0]?.fail(sendError('broker'))
    await settled()
    for (const name of ['b', 'c', 'd']) producer.send(named(name))
    clock.advance(99)
    expect(transport.pending).toHaveLength(0)
    clock.advance(1)
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['a', 'b']])
  })

  it('counts by reason', async () => {
    const { transport, producer, clock, metrics } = await producerFixture()
    producer.send(named('a'))
    for (const reason of ['connection', 'broker', 'timeout'] as const) {
      transport.pending[0]?.fail(sendError(reason))
      await settled()
      clock.advance(2000)
    }
    const { errors } = metrics.ofTopic('prices')
    expect([errors.connection.value, errors.broker.value, errors.timeout.value]).toEqual([1, 1, 1])
  })

  it('is abandoned after 5 s without an answer, with everything in flight', async () => {
    const { transport, producer, clock, metrics } = await producerFixture()
    producer.send(named('a'))
    clock.advance(4999)
    expect(transport.abandoned).toBe(0)
    clock.advance(1)
    expect(transport.abandoned).toBe(1)
    expect(producer.counts()[0]).toMatchObject({ queued: 1, inFlight: 0, produced: 0 })
    await settled()
    expect(producer.counts()[0]).toMatchObject({ queued: 1, inFlight: 0, produced: 0 })
    clock.advance(100)
    transport.pending[0]?.acknowledge()
    await settled()
    expect(producer.counts()[0]).toMatchObject({ queued: 0, inFlight: 0, produced: 1 })
    const { errors } = metrics.ofTopic('prices')
    expect([errors.timeout.value, errors.connection.value]).toEqual([1, 0])
  })

  it.each(['too_large', 'refused'] as const)(
    'is halved at once if records in it are %s, until these are alone and dropped',
    async (reason) => {
      const { transport, producer, metrics, clock } = await producerFixture()
      producer.send(named('first'))
      const all = Array.from({ length: 100 }, (_, index) => String(index))
      for (const name of all) producer.send(named(name))
      transport.pending[0]?.acknowledge()
      await settled()
      const bad = new Set(['0', '41', '42', '99'])
      await producerIdle(producer, transport, (records) =>
        records.some(({ value }) => bad.has(value.toString())) ? reason : null,
      )
      expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual([
        'first',
        ...all.filter((name) => !bad.has(name)),
      ])
      expect(producer.counts()[0]).toMatchObject({ produced: 97, dropped: { [reason]: 4 } })
      const error = reason === 'refused' ? 'broker' : reason
      expect(metrics.ofTopic('prices').errors[error].value).toBeGreaterThan(1)
      // There was no pause.
      expect(clock.monotonicMs()).toBe(5000)
      // The valid ones were not sent one by one. After `too_large` batches stay small for a while.
      if (reason === 'refused') expect(transport.sends.length).toBeLessThan(60)
    },
  )

  it('drops a record only after it was sent alone once more', async () => {
    const { transport, producer } = await producerFixture()
    producer.send(named('a'))
    transport.pending[0]?.fail(sendError('refused'))
    await settled()
    producer.send(named('b'))
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['a']])
    transport.pending[0]?.acknowledge()
    await settled()
    expect(producer.counts()[0]).toMatchObject({ produced: 1, dropped: { refused: 0 } })
  })

  it('needs one send per record if all of them are rejected, and drops nothing behind them', async () => {
    const { transport, producer } = await producerFixture()
    producer.send(named('first'))
    for (let index = 0; index < 1000; index += 1) producer.send(named('bad'))
    for (let index = 0; index < 1000; index += 1) producer.send(named('good'))
    transport.pending[0]?.acknowledge()
    await settled()
    await producerIdle(producer, transport, (records) =>
      records.some(({ value }) => value.toString() === 'bad') ? 'refused' : null,
    )
    expect(producer.counts()[0]).toMatchObject({ produced: 1001, dropped: { refused: 1000 } })
    expect(transport.sends.length).toBeLessThan(1100)
  })
})

describe('a topic that gets another partition count', () => {
  const keys = Array.from({ length: 40 }, (_, index) => `K${index}`)

  it('routes waiting records again, once the sends in flight have ended', async () => {
    const { transport, producer, clock } = await producerFixture({}, { partitions: 1 })
    for (const key of keys) producer.send(named(`${key}-1`, { key }))
    expect(transport.pending).toHaveLength(1)
    transport.makeReady('prices', 2)
    for (const key of keys) producer.send(named(`${key}-2`, { key }))
    clock.advance(100)
    // Only the send in flight: nothing of a key overtakes it in another partition.
    expect(transport.sends).toHaveLength(1)
    transport.pending[0]?.fail(sendError('broker'))
    await settled()
    await producerIdle(producer, transport, () => null)
    const byPartition = [0, 1].map((partition) =>
      names(transport.acknowledged.get(`prices/${partition}`) ?? []),
    )
    for (const key of keys) {
      const partition = partitionOfKey(key, 2)
      const ofKey = byPartition[partition]?.filter((name) => name.startsWith(`${key}-`))
      expect(ofKey).toEqual([`${key}-1`, `${key}-2`])
    }
    expect(transport.acknowledgedInOrder).toHaveLength(80)
  })

  it('has fewer than before: nothing is sent to removed partitions', async () => {
    const { transport, producer } = await producerFixture({}, { partitions: 4 })
    for (const key of keys) producer.send(named(key, { key }))
    transport.makeReady('prices', 2)
    for (const pending of [...transport.pending]) pending.fail(sendError('broker'))
    await settled()
    const before = transport.sends.length
    await producerIdle(producer, transport, () => null)
    expect(
      transport.sends
        .slice(before)
        .map(({ partition }) => partition)
        .sort(),
    ).toEqual([0, 1])
    expect(producer.counts()[0]).toMatchObject({ produced: 40, queued: 0, inFlight: 0 })
  })

  it('reports which keys have moved, and only then', async () => {
    const { transport, producer } = await producerFixture({}, { partitions: 2 })
    const moved: string[][] = []
    producer.whenKeysMove((topic, hasMoved) => moved.push([topic, ...keys.filter(hasMoved)]))
    transport.makeReady('prices', 2)
    transport.makeReady('prices', 3)
    const expected = keys.filter((key) => partitionOfKey(key, 2) !== partitionOfKey(key, 3))
    expect(moved).toEqual([['prices', ...expected]])
    expect(expected.length).toBeGreaterThan(0)
  })

  it('starts no send if the producer stops meanwhile', async () => {
    const { transport, producer } = await producerFixture({}, { partitions: 1 })
    for (const key of keys) producer.send(named(key, { key }))
    producer.send(named('waiting'))
    transport.makeReady('prices', 2)
    const stopped = producer.stop(1000)
    transport.pending[0]?.acknowledge()
    await stopped
    expect(transport.sends).toHaveLength(1)
    expect(producer.counts()[0]).toMatchObject({ dropped: { shutdown: 40 } })
  })
})

describe('the limit of the queue', () => {
  const snapshot = (name: string, instrument: string, overrides: Partial<OutgoingRecord> = {}) =>
    named(name, { key: instrument, channel: `book.${instrument}`, ...overrides })
  const oneRecord = recordBytes(snapshot('A1', 'A'))

  it('drops the oldest snapshots that newer ones replace, and keeps the newest of each channel', async () => {
    const { transport, producer } = await producerFixture({ queueMaxBytes: 4 * oneRecord })
    const inFlight = snapshot('A0', 'A')
    producer.send(inFlight)
    for (const [name, instrument] of [
      ['A1', 'A'],
      ['B1', 'B'],
      ['A2', 'A'],
      ['B2', 'B'],
      ['C1', 'C'],
      ['A3', 'A'],
    ] as const) {
      producer.send(snapshot(name, instrument))
      expect(producer.deliveryCounts()[0]?.bytes).toBeLessThanOrEqual(4 * oneRecord)
    }
    expect(producer.counts()[0]).toMatchObject({
      inFlight: 1,
      queued: 3,
      dropped: { conflated: 3 },
    })
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual(['A0', 'B2', 'C1', 'A3'])
  })

  it('replaces the newest snapshot of a channel if every channel has only one left', async () => {
    const { transport, producer } = await producerFixture({ queueMaxBytes: 3 * oneRecord })
    for (const name of ['A', 'B', 'C']) producer.send(snapshot(`${name}1`, name))
    producer.send(snapshot('B2', 'B'))
    producer.send(snapshot('D1', 'D'))
    expect(producer.counts()[0]).toMatchObject({ dropped: { conflated: 1, queue_full: 1 } })
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual(['A1', 'C1', 'B2'])
  })

  it('drops new records of a topic whose records do not replace each other', async () => {
    const { transport, producer } = await producerFixture({
      topics: [{ name: 'trades', overflow: 'refuse' }],
      queueMaxBytes: 2 * recordBytes(named('t1', { topic: 'trades' })),
    })
    for (const name of ['t1', 't2', 't3']) producer.send(named(name, { topic: 'trades' }))
    expect(producer.counts()[0]).toMatchObject({ dropped: { queue_full: 1, conflated: 0 } })
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('trades/0') ?? [])).toEqual(['t1', 't2'])
  })

  it('drops superseded snapshots to accept trades: all topics share one limit', async () => {
    const { producer } = await producerFixture({
      topics: [
        { name: 'prices', overflow: 'conflate' },
        { name: 'trades', overflow: 'refuse' },
      ],
      queueMaxBytes: 4 * oneRecord,
    })
    for (const name of ['A0', 'A1', 'A2', 'A3']) producer.send(snapshot(name, 'A'))
    producer.send(snapshot('t1', 'A', { topic: 'trades', channel: 'trades.A' }))
    const [prices, trades] = producer.counts()
    expect(prices).toMatchObject({ dropped: { conflated: 1 } })
    expect(trades).toMatchObject({ dropped: { queue_full: 0 }, inFlight: 1 })
  })

  it('never counts a checkpoint as a frame, nor lets one replace a frame', async () => {
    const { producer, transport } = await producerFixture({ queueMaxBytes: 3 * oneRecord })
    producer.send(snapshot('A0', 'A'))
    producer.send(snapshot('A1', 'A'))
    producer.send(snapshot('C1', 'A', { kind: 'checkpoint' }))
    producer.send(snapshot('C2', 'A', { kind: 'checkpoint' }))
    expect(producer.counts()[0]).toMatchObject({
      inFlight: 1,
      queued: 1,
      dropped: { conflated: 0 },
    })
    await producerIdle(producer, transport)
    expect(names(transport.acknowledged.get('prices/0') ?? [])).toEqual(['A0', 'A1', 'C2'])
    expect(producer.counts()[0]).toMatchObject({ produced: 2, dropped: { queue_full: 0 } })
  })

  it('keeps the newest of each channel through an outage of any length, in bounded memory', async () => {
    const { producer, transport, clock } = await producerFixture({ queueMaxBytes: 50 * oneRecord })
    for (let round = 0; round < 3000; round += 1) {
      for (let index = 0; index < 10; index += 1)
        producer.send(snapshot(`${index}:${round}`, `K${index}`))
      if (round % 100 === 0) transport.pending[0]?.fail(sendError('connection'))
      await settled()
      clock.advance(10)
    }
    producer.send(snapshot('quiet', 'Q'))
    await producerIdle(producer, transport, () => null, clock)
    const last = new Map(
      (transport.acknowledged.get('prices/0') ?? []).map(({ key, value }) => [
        key,
        value.toString(),
      ]),
    )
    for (let index = 0; index < 10; index += 1) expect(last.get(`K${index}`)).toBe(`${index}:2999`)
    expect(last.get('Q')).toBe('quiet')
  })
})

describe('flush and stop', () => {
  it('flushes without waiting for the linger, and resolves when everything is acknowledged', async () => {
    const { producer, transport } = await producerFixture({ lingerMs: 1000 })
    producer.send(named('a'))
    transport.pending[0]?.acknowledge()
    await settled()
    producer.send(named('b'))
    const flushed = producer.flush(5000)
    expect(transport.pending.map(({ records }) => names(records))).toEqual([['b']])
    transport.pending[0]?.acknowledge()
    expect(await flushed).toBe(0)
  })

  it('returns the number of frames left at its deadline', async () => {
    const { producer, clock } = await producerFixture()
    for (const name of ['a', 'b', 'c']) producer.send(named(name))
    producer.send(named('d', { kind: 'checkpoint' }))
    const flushed = producer.flush(500)
    clock.advance(500)
    expect(await flushed).toBe(3)
  })

  it('stops within its timeout, counts remaining records and closes the topic, once', async () => {
    const { producer, transport, clock } = await producerFixture()
    for (const name of ['a', 'b', 'c']) producer.send(named(name))
    const stopped = Promise.all([producer.stop(500), producer.stop(500)])
    clock.advance(500)
    await stopped
    expect(producer.counts()[0]).toMatchObject({
      queued: 0,
      inFlight: 0,
      produced: 0,
      dropped: { shutdown: 3 },
    })
    expect(transport.closed).toBe(1)
    transport.pending[0]?.acknowledge()
    await settled()
    expect(producer.counts()[0]).toMatchObject({ produced: 0, dropped: { shutdown: 3 } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('waits for the send in flight when stopping, and starts no other', async () => {
    const { producer, transport, clock } = await producerFixture()
    for (const name of ['a', 'b']) producer.send(named(name))
    const stopped = producer.stop(500)
    transport.pending[0]?.acknowledge()
    await stopped
    expect(producer.counts()[0]).toMatchObject({ produced: 1, dropped: { shutdown: 1 } })
    expect(transport.sends).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })
})

/** Completes every send until nothing is left; `assess` decides which fail. */
async function producerIdle(
  producer: { flush(timeoutMs: number): Promise<number> },
  transport: Awaited<ReturnType<typeof producerFixture>>['transport'],
  assess: (records: readonly OutgoingRecord[]) => 'too_large' | 'refused' | null = () => null,
  clock?: Awaited<ReturnType<typeof producerFixture>>['clock'],
): Promise<void> {
  let isDone = false
  void producer.flush(1_000_000).then(() => {
    isDone = true
  })
  for (let tick = 0; tick < 10_000 && !isDone; tick += 1) {
    for (const pending of [...transport.pending]) {
      const failure = assess(pending.records)
      if (failure === null) pending.acknowledge()
      else pending.fail(sendError(failure))
    }
    await settled()
    clock?.advance(10)
  }
  expect(isDone).toBe(true)
}
