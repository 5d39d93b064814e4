import { describe, expect, it, type TestOptions } from 'vitest'
import type { TopicConsumer } from '../../src/model/topic.ts'
import type { Assignment } from '../../src/topic/consumer/assignment.ts'
import type { StartPosition } from '../../src/topic/consumer/start-position.ts'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import type { BatchingProducer } from '../../src/topic/producer/batching-producer.ts'
import { eventually } from '../support/eventually.ts'
import { outgoing, RememberingHandler, startAtEnd } from './records.ts'

const CONTRACT_PARTITIONS = 4

export interface ContractConsumer extends TopicConsumer {
  readonly assignment: Assignment
}

/** An empty topic of an implementation, with 4 partitions; cleans up after itself. */
export interface ContractTopic {
  readonly name: string
  /** Started, with its topic open. */
  createProducer(): Promise<BatchingProducer>
  /** Not started. `groupId` distinguishes independent readers. */
  createConsumer(options: { groupId: string; startPosition: StartPosition }): ContractConsumer
  /** Records skipped because a handler threw. */
  skippedRecords(): number
}

const KEYS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'XRP_USDC-25DEC26-0d625-C', 'SOL_USDC', 'ключ-鍵']

/** Contract of every implementation of the topic. */
export function describeTopicContract(
  name: string,
  options: TestOptions,
  createTopic: () => ContractTopic,
): void {
  describe(name, options, () => {
    const startConsumer = async (
      topic: ContractTopic,
      settings: { groupId?: string; startPosition?: StartPosition } = {},
    ) => {
      const { groupId = 'readers', startPosition = startAtEnd } = settings
      const consumer = topic.createConsumer({ groupId, startPosition })
      const handler = new RememberingHandler()
      await consumer.start(handler)
      await eventually(() => consumer.health().isJoined, { timeoutMs: 30_000 })
      return { consumer, handler }
    }
    const prepare = async () => {
      const topic = createTopic()
      const producer = await topic.createProducer()
      const reader = await startConsumer(topic)
      return { topic, producer, ...reader }
    }

    it('delivers records byte for byte, in the order of each key, with key and time', async () => {
      const { topic, producer, handler } = await prepare()
      const sent = Array.from({ length: 1000 }, (_, index) =>
        outgoing({
          topic: topic.name,
          key: KEYS[index % KEYS.length] ?? '',
          value: Buffer.from([index & 255, index >> 8, 0, 0xff, 0xc3, 0x28, 0x0a]),
          timestampMs: 1_790_000_000_000 + index,
        }),
      )
      for (const record of sent) producer.send(record)
      const received = await handler.waitFor(sent.length)
      for (const key of KEYS) {
        const ofKey = (records: readonly { key: string | null; value: Buffer | null }[]) =>
          records.filter((record) => record.key === key).map(({ value }) => value?.toString('hex'))
        expect(ofKey(received)).toEqual(ofKey(sent))
      }
      const times = new Map(
        sent.map(({ value, timestampMs }) => [value.toString('hex'), timestampMs]),
      )
      for (const { value, timestampMs } of received) {
        expect(timestampMs).toBe(times.get(value?.toString('hex') ?? ''))
      }
    })

    it('delivers ordinary records without headers, and others with headers as text', async () => {
      const { topic, producer, handler } = await prepare()
      const headers = { kind: 'checkpoint', 'verified-at-ms': '1790000000001', word: 'größer 鍵' }
      producer.send(outgoing({ topic: topic.name }))
      producer.send(outgoing({ topic: topic.name, kind: 'checkpoint', headers }))
      const [plain, checkpoint] = await handler.waitFor(2)
      expect(plain?.headers).toBeUndefined()
      expect(checkpoint?.headers).toEqual(headers)
    })

    it('partitions every key like the default partitioner of Kafka, and reports it', async () => {
      const { topic, producer, consumer, handler } = await prepare()
      for (const key of KEYS) producer.send(outgoing({ topic: topic.name, key }))
      const received = await handler.waitFor(KEYS.length)
      for (const { key, partition } of received) {
        expect(partition).toBe(partitionOfKey(key ?? '', CONTRACT_PARTITIONS))
        expect(consumer.partitionOf(topic.name, key ?? '')).toBe(partition)
      }
      expect(consumer.partitionOf('no-such-topic', 'BTC-PERPETUAL')).toBeUndefined()
    })

    it('counts offsets from 0 without a gap, and marks the last and new records', async () => {
      const { topic, producer, handler } = await prepare()
      const key = 'BTC-PERPETUAL'
      for (let index = 0; index < 50; index += 1)
        producer.send(outgoing({ topic: topic.name, key }))
      const received = await handler.waitFor(50)
      expect(received.map(({ offset }) => offset)).toEqual(
        Array.from({ length: 50 }, (_, i) => String(i)),
      )
      expect(received.at(-1)?.isAtEnd).toBe(true)
      expect(received.some(({ isReplayed }) => isReplayed)).toBe(false)
      expect(new Set(received.map((record) => record.topic))).toEqual(new Set([topic.name]))
    })

    it('reports the arrival of a record on both clocks', async () => {
      const { topic, producer, handler } = await prepare()
      const before = { wall: Date.now(), monotonic: performance.now() }
      producer.send(outgoing({ topic: topic.name }))
      const [record] = await handler.waitFor(1)
      expect(record?.arrivedTimeMs).toBeGreaterThanOrEqual(before.wall)
      expect(record?.arrivedTimeMs).toBeLessThanOrEqual(Date.now())
      expect(record?.arrivedMonotonicMs).toBeGreaterThanOrEqual(before.monotonic)
      expect(record?.arrivedMonotonicMs).toBeLessThanOrEqual(performance.now())
    })

    it('delivers everything to each of two independent readers', async () => {
      const { topic, producer, handler } = await prepare()
      const other = await startConsumer(topic, { groupId: 'others' })
      for (const key of KEYS) producer.send(outgoing({ topic: topic.name, key }))
      await Promise.all([handler.waitFor(KEYS.length), other.handler.waitFor(KEYS.length)])
      expect(handler.values().sort()).toEqual(other.handler.values().sort())
      expect(other.consumer.health().partitions).toHaveLength(CONTRACT_PARTITIONS)
    })

    it('starts at the end', async () => {
      const topic = createTopic()
      const producer = await topic.createProducer()
      for (const key of KEYS) producer.send(outgoing({ topic: topic.name, key }))
      expect(await producer.flush(30_000)).toBe(0)
      const { handler } = await startConsumer(topic)
      producer.send(outgoing({ topic: topic.name, value: Buffer.from('first after the start') }))
      await handler.waitFor(1)
      expect(handler.values()).toEqual(['first after the start'])
    })

    it('starts at the start position, and marks older records as replayed', async () => {
      const topic = createTopic()
      const producer = await topic.createProducer()
      for (let index = 0; index < 20; index += 1) {
        const value = Buffer.from(`old ${index}`)
        producer.send(
          outgoing({ topic: topic.name, value, timestampMs: 1_790_000_000_000 + index }),
        )
      }
      expect(await producer.flush(30_000)).toBe(0)
      const startPosition: StartPosition = (offsets) => offsets.atTime(1_790_000_000_015)
      const { handler } = await startConsumer(topic, { startPosition })
      await handler.waitFor(5)
      producer.send(outgoing({ topic: topic.name, value: Buffer.from('new') }))
      await handler.waitFor(6)
      expect(handler.values()).toEqual(['old 15', 'old 16', 'old 17', 'old 18', 'old 19', 'new'])
      expect(handler.records.map(({ isReplayed }) => isReplayed)).toEqual([
        ...Array.from({ length: 5 }, () => true),
        false,
      ])
      expect(handler.records[0]?.isAtEnd).toBe(false)
    })

    it('continues after a handler that throws, and counts the record as skipped', async () => {
      const { topic, producer, handler } = await prepare()
      handler.onRecordHook = ({ offset }) => {
        if (offset === '3') throw new SyntaxError('bad record')
        if (offset === '5') throw new TypeError('worse record')
      }
      for (let index = 0; index < 10; index += 1) producer.send(outgoing({ topic: topic.name }))
      await handler.waitFor(10)
      expect(handler.records.map(({ offset }) => Number(offset))).toEqual([...Array(10).keys()])
      expect(topic.skippedRecords()).toBe(2)
      producer.send(outgoing({ topic: topic.name, value: Buffer.from('still there') }))
      await handler.waitFor(11)
      expect(handler.values().at(-1)).toBe('still there')
    })

    it('assigns partitions before their records, and revokes them at the stop', async () => {
      const { topic, producer, consumer, handler } = await prepare()
      expect(consumer.health()).toMatchObject({ isJoined: true, problem: null })
      producer.send(outgoing({ topic: topic.name }))
      await handler.waitFor(1)
      await Promise.all([consumer.stop(10_000), consumer.stop(10_000)])
      await consumer.stop(10_000)
      // Whether an empty fetch came before the record is a matter of time.
      const events = handler.events.filter((event) => event !== 'caughtUp')
      expect(events).toEqual(['assigned', 'record', 'revoked'])
      const partitions = Array.from({ length: CONTRACT_PARTITIONS }, (_, partition) => ({
        topic: topic.name,
        partition,
      }))
      expect(handler.assigned).toEqual(expect.arrayContaining(partitions))
      expect(handler.revoked).toEqual(expect.arrayContaining(partitions))
      expect(consumer.health()).toMatchObject({ isJoined: false, partitions: [] })
    })

    it('delivers nothing once it is stopped', async () => {
      const { topic, producer, consumer, handler } = await prepare()
      const other = await startConsumer(topic, { groupId: 'others' })
      await consumer.stop(10_000)
      for (const key of KEYS) producer.send(outgoing({ topic: topic.name, key }))
      await other.handler.waitFor(KEYS.length)
      expect(handler.records).toEqual([])
    })

    it('never delivers a record inside the call that sends it', async () => {
      const { topic, producer, handler } = await prepare()
      producer.send(outgoing({ topic: topic.name }))
      expect(handler.records).toEqual([])
      await handler.waitFor(1)
    })

    it('counts every frame exactly once at any time', async () => {
      const { topic, producer, handler } = await prepare()
      let frames = 0
      const isBalanced = () => {
        const [counts] = producer.counts()
        if (counts === undefined) return false
        const { produced, queued, inFlight, dropped } = counts
        const given = Object.values(dropped).reduce((sum, count) => sum + count, 0)
        return produced + queued + inFlight + given === frames
      }
      const balances: boolean[] = []
      handler.onRecordHook = () => balances.push(isBalanced())
      for (let index = 0; index < 500; index += 1) {
        const kind = index % 10 === 0 ? 'checkpoint' : 'frame'
        frames += kind === 'frame' ? 1 : 0
        producer.send(outgoing({ topic: topic.name, kind, key: KEYS[index % 5] ?? '' }))
        balances.push(isBalanced())
      }
      expect(await producer.flush(30_000)).toBe(0)
      await handler.waitFor(500)
      expect(balances).toHaveLength(1000)
      expect(balances).not.toContain(false)
      expect(producer.counts()[0]).toMatchObject({ produced: 450, queued: 0, inFlight: 0 })
    })

    it('accepts nothing once the producer is stopped, and counts the records as dropped', async () => {
      const { topic, producer, handler } = await prepare()
      producer.send(outgoing({ topic: topic.name }))
      expect(await producer.flush(30_000)).toBe(0)
      await Promise.all([producer.stop(10_000), producer.stop(10_000)])
      producer.send(outgoing({ topic: topic.name }))
      expect(producer.counts()[0]).toMatchObject({ produced: 1, dropped: { shutdown: 1 } })
      await handler.waitFor(1)
      expect(handler.records).toHaveLength(1)
    })
  })
}
