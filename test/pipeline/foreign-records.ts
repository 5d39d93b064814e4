import { Kafka, Partitioners } from 'kafkajs'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, uniqueTopic } from '../support/kafka.ts'
import { startService } from './running-service.ts'

/** A record written by another client. */
export interface ForeignRecord {
  readonly key: string
  readonly value: Buffer | string
  readonly partition: number
}

/** A ready consumer with its own topic, and another client that writes to it. */
export async function startForeignTopic(more: Readonly<Record<string, string>> = {}) {
  const topic = uniqueTopic('prices')
  const consumer = await startService({
    ROLE: 'consumer',
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: topic,
    KAFKA_TRADES_TOPIC: `${topic}-trades`,
    KAFKA_GROUP_ID: topic,
    ...more,
  })
  await eventually(async () => !('consumer' in (await consumer.failing())), { timeoutMs: 30_000 })
  const kafka = new Kafka({ brokers: [brokersOfRun()], logLevel: 0 })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  registerCleanUp(() => producer.disconnect())
  const consumed = `orderbook_consumed_records_total{topic=${topic}}`
  return {
    topic,
    consumer,
    write: (messages: ForeignRecord[]) => producer.send({ topic, messages }),
    /** Waits until `count` records were consumed since the start. */
    hasConsumed: (count: number) =>
      eventually(async () => (await consumer.value(consumed)) === count, { timeoutMs: 60_000 }),
  }
}
