import { describe, expect, it } from 'vitest'
import type { KafkaTopicOptions } from '../../../src/topic/kafka/kafka-topic.ts'
import { recordingLogger } from '../../http/fakes.ts'
import { eventually } from '../../support/eventually.ts'
import { connectAdmin } from '../../support/kafka.ts'
import { needs } from '../../support/needs.ts'
import { ownBroker } from '../../support/own-broker.ts'
import { outgoing, RememberingHandler, startAtEnd } from '../../topic/records.ts'
import { kafkaTopic } from '../kafka-topic.ts'
import { aclBroker } from './acl-broker.ts'
import { spedUpChecks } from './sped-up-checks.ts'

const LONG = { timeoutMs: 60_000 }
/** A consumer of `prices` and, where that can be, of `trades`; and one who writes to both. */
async function reader(connection: KafkaTopicOptions['connection'], writerBrokers: string) {
  const logger = recordingLogger()
  const topics: KafkaTopicOptions['topics'] = [
    { name: 'prices', overflow: 'conflate' },
    { name: 'trades', overflow: 'refuse' },
  ]
  const topic = kafkaTopic(
    { name: 'prices', topics, connection, partitions: 1 },
    { logger, clock: spedUpChecks },
  )
  const consumer = topic.createConsumer({
    groupId: 'readers',
    tradesTopic: 'trades',
    startPosition: startAtEnd,
  })
  const handler = new RememberingHandler()
  await consumer.start(handler)
  const writer = await kafkaTopic({
    brokers: [writerBrokers],
    name: 'prices',
    topics: [{ name: 'prices', overflow: 'conflate' }],
    partitions: 1,
  }).createProducer()
  let written = 0
  return {
    consumer,
    handler,
    logger,
    /** A record of the books arrives before a book would be stale. */
    async readsBooks() {
      await eventually(() => consumer.health().isJoined, LONG)
      written += 1
      const value = Buffer.from(`book ${written}`)
      writer.send(outgoing({ topic: 'prices', channel: value.toString(), value }))
      await eventually(() => handler.values().includes(value.toString()), { timeoutMs: 5000 })
    },
    trades: () => consumer.topics().find((view) => view.topic === 'trades'),
    warnings: () =>
      logger.lines.filter(
        ({ level, message }) =>
          level === 'warn' && message === 'topic is not readable, continuing without it',
      ),
    restarts: () =>
      topic.consumerMetrics.restarts.crash.value + topic.consumerMetrics.restarts.no_fetch.value,
  }
}

const ONE = { numPartitions: 1 }

describe('trades without read permission', { ...needs('java', 'maven'), timeout: 240_000 }, () => {
  it('are skipped from the start, with the reason, until permission is granted', async () => {
    const { admin, broker, connection, allow, allowGroups } = await aclBroker()
    await admin.createTopics({ topics: ['prices', 'trades'].map((topic) => ({ topic, ...ONE })) })
    await allowGroups()
    await allow('prices', 'READ', 'DESCRIBE')
    // Permissions that suffice for a check without a fetch.
    await allow('trades', 'DESCRIBE')
    const books = await reader(connection, broker.brokers)
    await books.readsBooks()
    expect(books.consumer.hasTrades).toBe(false)
    expect(books.trades()).toMatchObject({ isRead: false })
    expect(books.trades()?.problem).toMatch(/not authorized/i)
    expect(books.warnings()).toHaveLength(1)
    await allow('trades', 'READ')
    await eventually(() => books.consumer.hasTrades, LONG)
    await books.readsBooks()
    expect(books.trades()).toEqual({ topic: 'trades', isRead: true, problem: null })
    expect(books.restarts()).toBe(0)
  })

  it.each([
    ['READ', ['READ']],
    ['all', ['READ', 'DESCRIBE']],
  ] as const)(
    'are skipped when permission is revoked while they are read: %s',
    async (_what, taken) => {
      const { admin, broker, connection, allow, allowGroups, forbid } = await aclBroker()
      await admin.createTopics({ topics: ['prices', 'trades'].map((topic) => ({ topic, ...ONE })) })
      await allowGroups()
      await allow('prices', 'READ', 'DESCRIBE')
      await allow('trades', 'READ', 'DESCRIBE')
      const books = await reader(connection, broker.brokers)
      await books.readsBooks()
      expect(books.consumer.hasTrades).toBe(true)
      await forbid('trades', ...taken)
      await eventually(() => !books.consumer.hasTrades, LONG)
      await books.readsBooks()
      expect(books.trades()?.problem).toMatch(/authoriz/i)
      expect(books.warnings()).toHaveLength(1)
      await allow('trades', ...taken)
      await eventually(() => books.consumer.hasTrades, LONG)
      await books.readsBooks()
      expect(books.restarts()).toBe(0)
    },
  )

  it('are skipped if they are deleted and creating is not permitted', async () => {
    const { admin, broker, connection, allow, allowGroups } = await aclBroker()
    await admin.createTopics({ topics: ['prices', 'trades'].map((topic) => ({ topic, ...ONE })) })
    await allowGroups()
    await allow('prices', 'READ', 'DESCRIBE')
    await allow('trades', 'READ', 'DESCRIBE')
    const books = await reader(connection, broker.brokers)
    await books.readsBooks()
    expect(books.consumer.hasTrades).toBe(true)
    await admin.deleteTopics({ topics: ['trades'] })
    await eventually(() => !books.consumer.hasTrades, LONG)
    await books.readsBooks()
    expect(books.trades()?.problem).toMatch(/does not (exist|host)/)
    await admin.createTopics({ topics: [{ topic: 'trades', ...ONE }] })
    await eventually(() => books.consumer.hasTrades, LONG)
    await books.readsBooks()
  })
})

describe('an unusable trades topic', { ...needs('java', 'maven'), timeout: 240_000 }, () => {
  it('is skipped if the broker sets the timestamps', async () => {
    const broker = await ownBroker({})
    const admin = await connectAdmin(broker.brokers)
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await admin.createTopics({ topics: [{ topic: 'trades', ...ONE, configEntries }] })
    const connection = { brokers: [broker.brokers], tls: null, sasl: null }
    const books = await reader(connection, broker.brokers)
    await books.readsBooks()
    expect(books.trades()).toMatchObject({ isRead: false })
    expect(books.trades()?.problem).toMatch(/LogAppendTime/)
  })

  it('is skipped while its leader is gone, and read again when it is back', async () => {
    const broker = await ownBroker({})
    const admin = await connectAdmin(broker.brokers)
    // The groups' own topic is made on the first broker, which stays.
    await eventually(() => admin.describeGroups(['readers']), LONG)
    const second = await ownBroker({ joins: broker })
    await eventually(async () => {
      expect((await admin.describeCluster()).brokers).toHaveLength(2)
    }, LONG)
    const on = (replica: number) => [{ partition: 0, replicas: [replica] }]
    await admin.createTopics({
      topics: [
        { topic: 'prices', replicaAssignment: on(1) },
        { topic: 'trades', replicaAssignment: on(2) },
      ],
    })
    const connection = { brokers: [broker.brokers], tls: null, sasl: null }
    const books = await reader(connection, broker.brokers)
    await books.readsBooks()
    expect(books.consumer.hasTrades).toBe(true)
    await second.kill()
    await eventually(() => !books.consumer.hasTrades, LONG)
    await books.readsBooks()
    expect(books.trades()?.problem).not.toBeNull()
    const { port, controllerPort, dataFolder } = second
    await ownBroker({ port, controllerPort, dataFolder, joins: broker })
    await eventually(() => books.consumer.hasTrades, LONG)
    await books.readsBooks()
  })
})
