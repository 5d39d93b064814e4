import { recordingLogger } from '../http/fakes.ts'
import { eventually } from '../support/eventually.ts'
import { connectAdmin, uniqueTopic } from '../support/kafka.ts'
import { RememberingHandler } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const LONG = { timeoutMs: 60_000 }

/**
 * A topic of books and one of trades, each with one partition and this configuration, and a consumer of
 * both that begins with the first record.
 */
export async function twoTopics(brokers: string, config: Readonly<Record<string, string>> = {}) {
  const name = uniqueTopic('prices')
  const trades = `${name}-trades`
  const admin = await connectAdmin(brokers)
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
  await admin.createTopics({
    topics: [name, trades].map((topic) => ({ topic, numPartitions: 1, configEntries })),
  })
  const logger = recordingLogger()
  const topic = kafkaTopic(
    {
      brokers: [brokers],
      name,
      topics: [
        { name, overflow: 'conflate' },
        { name: trades, overflow: 'refuse' },
      ],
    },
    { logger },
  )
  const handler = new RememberingHandler()
  const consumer = topic.createConsumer({
    groupId: 'readers',
    tradesTopic: trades,
    startPosition: ({ ends }) =>
      Promise.resolve(new Map([...ends].map(([partition]) => [partition, 0n]))),
  })
  const { restarts, skipped } = topic.consumerMetrics
  return {
    name,
    trades,
    admin,
    topic,
    handler,
    consumer,
    logger,
    start: async () => {
      await consumer.start(handler)
      await eventually(() => consumer.health().isJoined, LONG)
    },
    /** Delivered records of a topic, as text. */
    valuesOf: (wanted: string) =>
      handler.records.filter((record) => record.topic === wanted).map(({ value }) => String(value)),
    skippedOf: (wanted: string) => skipped.series({ topic: wanted }).value,
    restartCount: () => restarts.crash.value + restarts.no_fetch.value,
    /** Lag in records, by topic. */
    lags: () => consumer.lag.read().map(({ topic: of, records }) => [of, records] as const),
  }
}
