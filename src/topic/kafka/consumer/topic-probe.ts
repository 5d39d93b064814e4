import type { Cluster } from 'kafkajs'
import type { Logger } from '../../../model/telemetry.ts'
import type { Clock } from '../../../time/clock.ts'
import { withTimeout } from '../../../time/deadline.ts'
import { KafkaClient, type KafkaConnectionOptions } from '../client.ts'
import { copartitionAssigner } from './copartition-assigner.ts'

/** A probe fails after this long. */
const DEADLINE_MS = 5000
/** One byte suffices: the content is not used. */
const MAX_BYTES = 1

export interface TopicProbeDeps {
  clock: Clock
  logger: Logger
}

/**
 * Fetches from the end of every partition of a topic, like a consumer; resolves if that is
 * possible. Only a fetch shows whether reading is permitted; all other lookups need less.
 * @throws Error why the topic cannot be read
 */
export async function probeTopic(
  topic: string,
  connection: KafkaConnectionOptions,
  deps: TopicProbeDeps,
): Promise<void> {
  const client = new KafkaClient({ ...connection, retries: 1 }, deps)
  let cluster: Cluster | undefined
  // Never joins a group: the consumer is created only because kafkajs exposes fetches in no other
  // way.
  client.kafka.consumer({
    groupId: 'probe',
    partitionAssigners: [
      (args) => {
        cluster = args.cluster
        return copartitionAssigner(args)
      },
    ],
  })
  try {
    if (cluster !== undefined) await withTimeout(deps.clock, DEADLINE_MS, probe(topic, cluster))
  } finally {
    client.destroy()
  }
}

async function probe(topic: string, cluster: Cluster): Promise<void> {
  await cluster.connect()
  await cluster.addTargetTopic(topic)
  const partitions = cluster.findTopicPartitionMetadata(topic)
  const numbers = partitions.map(({ partitionId }) => partitionId)
  const topics = [
    { topic, partitions: numbers.map((partition) => ({ partition })), fromBeginning: false },
  ]
  const [ends] = await cluster.fetchTopicsOffset(topics)
  const leaders = cluster.findLeaderForPartitions(topic, numbers)
  await Promise.all(
    Object.entries(leaders).map(async ([nodeId, own]) => {
      const broker = await cluster.findBroker({ nodeId })
      const owned = (ends?.partitions ?? []).filter(({ partition }) => own.includes(partition))
      await broker.fetch({
        maxWaitTime: 1,
        minBytes: 0,
        topics: [
          {
            topic,
            partitions: owned.map(({ partition, offset }) => ({
              partition,
              fetchOffset: offset,
              maxBytes: MAX_BYTES,
            })),
          },
        ],
      })
    }),
  )
}
