import { describe, expect, it } from 'vitest'
import { recordingLogger } from '../http/fakes.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { outgoing, RememberingHandler, startAtEnd } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const LONG = { timeoutMs: 60_000 }

/** A consumer of books and trades; the trades topic has this many partitions. */
async function readerBeside(tradesPartitions: number) {
  const name = uniqueTopic('prices')
  const tradesTopic = `${name}-trades`
  const admin = await connectAdmin()
  await admin.createTopics({ topics: [{ topic: tradesTopic, numPartitions: tradesPartitions }] })
  const logger = recordingLogger()
  const topic = kafkaTopic(
    {
      brokers: [brokersOfRun()],
      name,
      topics: [
        { name, overflow: 'conflate' },
        { name: tradesTopic, overflow: 'refuse' },
      ],
    },
    { logger },
  )
  const consumer = topic.createConsumer({
    groupId: 'readers',
    startPosition: startAtEnd,
    tradesTopic,
  })
  const handler = new RememberingHandler()
  await consumer.start(handler)
  await eventually(() => consumer.health().isJoined, LONG)
  const producer = await topic.createProducer()
  return { name, tradesTopic, consumer, handler, producer, logger }
}

describe('the topic of the trades', needsBroker(), () => {
  it('is read if it has the same partition count, each partition with that of the same books', async () => {
    const { name, tradesTopic, consumer, handler, producer } = await readerBeside(4)
    expect(consumer.hasTrades).toBe(true)
    const numbers = (topic: string) =>
      consumer
        .health()
        .partitions.filter((partition) => partition.topic === topic)
        .map(({ partition }) => partition)
        .toSorted((a, b) => a - b)
    expect(numbers(tradesTopic)).toEqual([0, 1, 2, 3])
    expect(numbers(tradesTopic)).toEqual(numbers(name))
    for (const key of ['A', 'B', 'C']) {
      producer.send(outgoing({ topic: name, key }))
      producer.send(outgoing({ topic: tradesTopic, key }))
    }
    await handler.waitFor(6)
    for (const { key, partition } of handler.records) {
      const ofKey = handler.records.filter((record) => record.key === key)
      expect(ofKey.map((record) => record.partition)).toEqual([partition, partition])
    }
  })

  it('is skipped if its partition count differs, with one warning, while books are read', async () => {
    const { name, tradesTopic, consumer, handler, producer, logger } = await readerBeside(3)
    expect(consumer.hasTrades).toBe(false)
    expect(consumer.health().partitions.some(({ topic }) => topic === tradesTopic)).toBe(false)
    producer.send(outgoing({ topic: tradesTopic, key: 'A' }))
    producer.send(outgoing({ topic: name, key: 'A' }))
    await handler.waitFor(1)
    expect(handler.records.map(({ topic }) => topic)).toEqual([name])
    const warnings = logger.lines.filter(
      ({ fields }) => 'topic' in fields && fields.topic === tradesTopic,
    )
    expect(warnings.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(JSON.stringify(warnings)).toContain(`3 partitions, but ${name} has 4`)
  })
})
