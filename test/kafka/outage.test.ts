import { describe, expect, it } from 'vitest'
import type { BeforeBatch, StartPosition } from '../../src/topic/consumer/start-position.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { brokerPlace, ownBroker } from '../support/own-broker.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { ManualHook } from '../topic/manual-hook.ts'
import { outgoing, RememberingHandler, startAtEnd } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const LONG = { timeoutMs: 60_000 }
const fromTheBeginning: StartPosition = ({ partitions }) =>
  Promise.resolve(new Map(partitions.map((partition) => [partition, 0n])))

/** Numbers as records, so that lost or reordered ones can be identified. */
function sender(producer: { send(record: ReturnType<typeof outgoing>): void }, topic: string) {
  let sent = 0
  return {
    send(count: number) {
      for (let end = sent + count; sent < end; sent += 1) {
        producer.send(outgoing({ topic, key: `K${sent % 8}`, value: Buffer.from(String(sent)) }))
      }
    },
    count: () => sent,
  }
}

/** A running producer and reader of a topic. */
async function startBoth(
  topic: ReturnType<typeof kafkaTopic>,
  startPosition: StartPosition,
  beforeBatch: BeforeBatch = null,
) {
  const producer = await topic.createProducer()
  const consumer = topic.createConsumer({ groupId: 'readers', startPosition, beforeBatch })
  const handler = new RememberingHandler()
  await consumer.start(handler)
  await eventually(() => consumer.health().isJoined, LONG)
  return { producer, consumer, handler, numbers: sender(producer, topic.name) }
}

/** Every number arrives, some twice if an acknowledgement was late; first arrivals are in order per key. */
async function expectAll(handler: RememberingHandler, count: number): Promise<void> {
  await eventually(() => {
    expect(new Set(handler.values()).size).toBe(count)
  }, LONG)
  const numbers = handler.values().map(Number)
  expect(new Set(numbers)).toEqual(new Set(Array(count).keys()))
  for (let key = 0; key < 8; key += 1) {
    const ofKey = [...new Set(numbers.filter((number) => number % 8 === key))]
    expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
  }
}

describe('with broker outages', needsBroker(), () => {
  it('waits for a broker that is unavailable at the start, and loses nothing meanwhile', async () => {
    const where = await brokerPlace()
    const topic = kafkaTopic({ brokers: [`127.0.0.1:${where.port}`], name: 'prices' })
    const producer = topic.makeProducer()
    const consumer = topic.createConsumer({ groupId: 'readers', startPosition: fromTheBeginning })
    const handler = new RememberingHandler()
    await Promise.all([producer.start(), consumer.start(handler)])
    const numbers = sender(producer, 'prices')
    numbers.send(100)
    expect(producer.health()).toMatchObject({ isConnected: false, isDelivering: false })
    expect(producer.health().problem).toMatch(/ECONNREFUSED|connect/i)
    expect(consumer.health()).toMatchObject({ isJoined: false })
    expect(consumer.health().problem).not.toBeNull()
    expect(producer.counts()[0]).toMatchObject({ queued: 100, produced: 0 })
    await ownBroker(where)
    await eventually(() => consumer.health().isJoined, LONG)
    numbers.send(100)
    expect(await producer.flush(30_000)).toBe(0)
    await expectAll(handler, 200)
  })

  it('loses no record through a SIGKILL and a restart, and its reader continues at its position', async () => {
    const where = await brokerPlace()
    const first = await ownBroker(where)
    const topic = kafkaTopic({ brokers: [first.brokers], name: 'prices' })
    const { producer, handler, numbers } = await startBoth(topic, startAtEnd)
    numbers.send(500)
    await handler.waitFor(500)
    numbers.send(500)
    await first.kill()
    numbers.send(500)
    await eventually(() => !producer.health().isDelivering, LONG)
    expect(producer.health().problem).not.toBeNull()
    await ownBroker(where)
    numbers.send(500)
    expect(await producer.flush(60_000)).toBe(0)
    expect(producer.counts()[0]).toMatchObject({ produced: 2000, queued: 0, inFlight: 0 })
    expect(producer.health()).toMatchObject({ isDelivering: true, problem: null })
    await eventually(() => {
      expect(new Set(handler.values()).size).toBe(2000)
    }, LONG)
    await expectAll(handler, 2000)
    // Its state outlived the broker: no partition was revoked in between.
    expect(handler.events.filter((event) => event === 'assigned')).toHaveLength(1)
    expect(handler.revoked).toEqual([])
  })

  it('abandons a send after 5 s when the broker hangs, and delivers when it resumes', async () => {
    const broker = await ownBroker(await brokerPlace())
    const topic = kafkaTopic({ brokers: [broker.brokers], name: 'prices' })
    const { producer, handler, numbers } = await startBoth(topic, startAtEnd)
    numbers.send(100)
    await handler.waitFor(100)
    broker.pause()
    numbers.send(100)
    await eventually(() => !producer.health().isDelivering, LONG)
    numbers.send(100)
    broker.resume()
    expect(await producer.flush(60_000)).toBe(0)
    await eventually(() => {
      expect(new Set(handler.values()).size).toBe(300)
    }, LONG)
    await expectAll(handler, 300)
    expect(producer.counts()[0]).toMatchObject({ produced: 300 })
  })

  it('replaces a consumer that hangs, and stops in time when the broker hangs', async () => {
    const broker = await ownBroker(await brokerPlace())
    const topic = kafkaTopic({ brokers: [broker.brokers], name: 'prices' })
    const producer = await topic.createProducer()
    const consumer = topic.createConsumer({ groupId: 'readers', startPosition: startAtEnd })
    await consumer.start(new RememberingHandler())
    await eventually(() => consumer.health().isJoined, LONG)
    const { restarts } = topic.consumerMetrics
    const countRestarts = () => restarts.no_fetch.value + restarts.crash.value
    const before = countRestarts()
    broker.pause()
    await eventually(() => countRestarts() > before, LONG)
    expect(consumer.health()).toMatchObject({ isJoined: false })
    expect(consumer.health().problem).toMatch(/consumer failed|joining/)
    producer.send(outgoing({ topic: 'prices' }))
    const startMs = performance.now()
    await Promise.all([consumer.stop(2000), producer.stop(2000)])
    expect(producer.counts()[0]).toMatchObject({ dropped: { shutdown: 1 } })
    // Generous: what matters is that it is not the minute that the client would take.
    expect(performance.now() - startMs).toBeLessThan(20_000)
    broker.resume()
  })

  it('recreates the topic if a broker returned without its data, and reads all of it', async () => {
    const where = await brokerPlace()
    const first = await ownBroker(where)
    const topic = kafkaTopic({ brokers: [first.brokers], name: 'prices' })
    const { producer, consumer, handler, numbers } = await startBoth(topic, fromTheBeginning)
    numbers.send(500)
    await handler.waitFor(500)
    await first.kill()
    numbers.send(2000)
    await ownBroker({ ...where, dataFolder: temporaryFolder() })
    numbers.send(500)
    expect(await producer.flush(60_000)).toBe(0)
    await expectAll(handler, 3000)
    await eventually(() => consumer.health().problem === null, LONG)
    expect(producer.health().problem).toBeNull()
  })

  it('continues with a topic that was deleted and recreated with another partition count', async () => {
    const name = uniqueTopic('prices')
    const brokers = [brokersOfRun()]
    const admin = await connectAdmin()
    const topic = kafkaTopic({ brokers, name })
    const { producer, handler, numbers } = await startBoth(topic, fromTheBeginning)
    numbers.send(100)
    await handler.waitFor(100)
    await admin.deleteTopics({ topics: [name] })
    // Its operator is mostly faster than the service, which would make it with 4.
    await admin.createTopics({ topics: [{ topic: name, numPartitions: 7 }] }).catch(() => undefined)
    numbers.send(100)
    expect(await producer.flush(60_000)).toBe(0)
    await eventually(() => {
      expect(new Set(handler.values()).size).toBe(200)
    }, LONG)
    // With other partitions a key has moved to another one: no order holds over that.
  })

  it('continues with the oldest record if retention has overtaken it', async () => {
    const name = uniqueTopic('prices')
    const admin = await connectAdmin()
    const beforeBatch = new ManualHook()
    const topic = kafkaTopic({ brokers: [brokersOfRun()], name, partitions: 1 })
    const { producer, handler, numbers } = await startBoth(topic, startAtEnd, beforeBatch.pass)
    numbers.send(10)
    await handler.waitFor(10)
    beforeBatch.hold()
    numbers.send(10)
    expect(await producer.flush(30_000)).toBe(0)
    await eventually(() => beforeBatch.isWaitedFor, LONG)
    numbers.send(100)
    expect(await producer.flush(30_000)).toBe(0)
    // Only then does the client know the topic.
    await admin.fetchTopicOffsets(name)
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '90' }] })
    beforeBatch.open()
    await eventually(() => {
      expect(handler.values().at(-1)).toBe('119')
    }, LONG)
    const read = handler.values().map(Number)
    expect(read).toEqual(read.toSorted((a, b) => a - b))
    expect(read).toContain(90)
    expect(read.length + topic.skippedRecords()).toBe(120)
    expect(topic.skippedRecords()).toBeGreaterThan(0)
  })

  it('continues with a partition whose leader moves to another broker', async () => {
    const first = await ownBroker({})
    const second = await ownBroker({ joins: first })
    const admin = await connectAdmin(first.brokers)
    const replicas = (broker: number) =>
      [0, 1].map((partition) => ({ partition, replicas: [broker] }))
    await eventually(async () => (await admin.describeCluster()).brokers.length === 2, LONG)
    // Not waited for here: the other broker may not know it yet.
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: 'prices', replicaAssignment: replicas(1) }],
    })
    const brokers = [first.brokers, second.brokers]
    const topic = kafkaTopic({ brokers, name: 'prices' })
    const { producer, handler, numbers } = await startBoth(topic, startAtEnd)
    numbers.send(200)
    await handler.waitFor(200)
    await admin.alterPartitionReassignments({
      topics: [
        {
          topic: 'prices',
          partitionAssignment: replicas(2),
        },
      ],
    })
    await eventually(async () => {
      numbers.send(20)
      const { topics } = await admin.fetchTopicMetadata({ topics: ['prices'] })
      return topics[0]?.partitions.every(({ leader }) => leader === 2) ?? false
    }, LONG)
    numbers.send(200)
    expect(await producer.flush(60_000)).toBe(0)
    const count = numbers.count()
    await eventually(() => {
      expect(new Set(handler.values()).size).toBe(count)
    }, LONG)
    await expectAll(handler, count)
    // What it had read outlived the move.
    const events = handler.events.filter((event) => !['record', 'caughtUp'].includes(event))
    expect(events).toEqual(['assigned'])
  })
})
