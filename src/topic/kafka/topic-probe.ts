import type { Cluster } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import { withTimeout } from '../../time/deadline.ts'
import { KafkaClient, type KafkaConnectionOptions } from './client.ts'
import { copartitionAssigner } from './copartition-assigner.ts'

/** A probe that takes longer has failed. */
const DEADLINE_MS = 5000
/** One byte: whether, not what. */
const MAX_BYTES = 1

export interface TopicProbeDeps {
  clock: Clock
  logger: Logger
}

/**
 * Fetches from the end of every partition of a topic, as a consumer would: resolves where that can be
 * done. Only a fetch says whether we may read; everything else about a topic can be looked up without.
 * @throws Error why it cannot be read
 */
export async function probeTopic(
  topic: string,
  connection: KafkaConnectionOptions,
  deps: TopicProbeDeps,
): Promise<void> {
  const client = new KafkaClient({ ...connection, retries: 1 }, deps)
  let cluster: Cluster | undefined
  // Never joins a group: it only brings what kafkajs fetches with, and shows no other way.
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
      const asked = (ends?.partitions ?? []).filter(({ partition }) => own.includes(partition))
      await broker.fetch({
        maxWaitTime: 1,
        minBytes: 0,
        topics: [
          {
            topic,
            partitions: asked.map(({ partition, offset }) => ({
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
