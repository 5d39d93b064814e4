import kafkajs, { type Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { RememberingHandler, startAtEnd } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

async function configOf(admin: Admin, topic: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  })
  const entries = resources[0]?.configEntries ?? []
  return Object.fromEntries(entries.map((entry) => [entry.configName, entry.configValue]))
}

async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0]?.partitions.length
}

describe('the topic on the broker', needsBroker(), () => {
  it('is created if it is missing, as configured', async () => {
    const name = uniqueTopic('prices')
    const brokers = [brokersOfRun()]
    await kafkaTopic({
      brokers,
      name,
      partitions: 3,
      retentionMs: 1_800_000,
      retentionBytes: 123_456_789,
    }).createProducer()
    const admin = await connectAdmin()
    expect(await partitionsOf(admin, name)).toBe(3)
    expect(await configOf(admin, name)).toMatchObject({
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'CreateTime',
      'retention.ms': '1800000',
      'retention.bytes': '123456789',
      'segment.ms': '300000',
    })
  })

  it('is created by a consumer that comes first, and by two at once', async () => {
    const brokers = [brokersOfRun()]
    const name = uniqueTopic('prices')
    const consumers = [1, 2].map((number) =>
      kafkaTopic({ brokers, name }).createConsumer({
        groupId: `group-${number}`,
        startPosition: startAtEnd,
      }),
    )
    await Promise.all(consumers.map((consumer) => consumer.start(new RememberingHandler())))
    await eventually(() => consumers.every((consumer) => consumer.health().isJoined), {
      timeoutMs: 30_000,
    })
    expect(consumers.map((consumer) => consumer.health().partitions.length)).toEqual([4, 4])
  })

  it('is used unchanged if it exists', async () => {
    const admin = await connectAdmin()
    const name = uniqueTopic('prices')
    const configEntries = [{ name: 'retention.ms', value: '777777' }]
    await admin.createTopics({ topics: [{ topic: name, numPartitions: 2, configEntries }] })
    const topic = kafkaTopic({ brokers: [brokersOfRun()], name })
    const producer = await topic.createProducer()
    expect(producer.health()).toEqual({ isConnected: true, isDelivering: true, problem: null })
    const consumer = topic.createConsumer({ groupId: 'readers', startPosition: startAtEnd })
    await consumer.start(new RememberingHandler())
    await eventually(() => consumer.health().isJoined, { timeoutMs: 30_000 })
    expect(consumer.health().partitions).toHaveLength(2)
    expect(await partitionsOf(admin, name)).toBe(2)
    expect(await configOf(admin, name)).toMatchObject({ 'retention.ms': '777777' })
  })

  it('is rejected if the broker would overwrite timestamps', async () => {
    const admin = await connectAdmin()
    const name = uniqueTopic('prices')
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await admin.createTopics({ topics: [{ topic: name, configEntries }] })
    const topic = kafkaTopic({ brokers: [brokersOfRun()], name })
    const refusal = await topic
      .makeProducer()
      .start()
      .catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AppError)
    expect(refusal).toMatchObject({ code: 'ERR_TOPIC_UNFIT', retryable: false })
    const consumer = topic.createConsumer({ groupId: 'readers', startPosition: startAtEnd })
    await expect(consumer.start(new RememberingHandler())).rejects.toThrow('LogAppendTime')
  })

  it('is written without an optional topic whose timestamps the broker would overwrite', async () => {
    const admin = await connectAdmin()
    const name = uniqueTopic('prices')
    const trades = `${name}-trades`
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await admin.createTopics({ topics: [{ topic: trades, configEntries }] })
    const producer = await kafkaTopic({
      brokers: [brokersOfRun()],
      name,
      topics: [
        { name, overflow: 'conflate' },
        { name: trades, overflow: 'refuse', isOptional: true },
      ],
    }).createProducer()
    expect(producer.health()).toEqual({ isConnected: true, isDelivering: true, problem: null })
    const problemOf = (topic: string) => producer.counts().find((c) => c.topic === topic)?.problem
    expect(problemOf(name)).toBeNull()
    expect(problemOf(trades)).toMatch(/LogAppendTime/)
  })
})
