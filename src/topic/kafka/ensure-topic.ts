import kafkajs, { type Admin } from 'kafkajs'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../model/logger.ts'
import type { AdminClient } from './admin-client.ts'
import { readKafkaError } from './kafka-errors.ts'

/** How a topic is made where it is missing. */
export interface TopicSpec {
  partitions: number
  replicationFactor: number
  retentionMs: number
  /** For each partition. */
  retentionBytes: number
}

const TIMESTAMP_TYPE = 'message.timestamp.type'
const MINUTE_MS = 60_000
/**
 * Room for the largest snapshot that the socket takes (16 MiB) once it is compressed; no more than
 * hosted brokers allow.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const CREATE_TIMEOUT_MS = 5000
const FORBIDDEN = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION']

/** Configuration of a topic that we create. */
export function topicConfig({ retentionMs, retentionBytes }: TopicSpec): Record<string, string> {
  // The active segment is never deleted, so it must be closed well within the retention.
  const segmentMs = Math.min(10 * MINUTE_MS, Math.max(MINUTE_MS, Math.floor(retentionMs / 6)))
  return {
    'cleanup.policy': 'delete',
    [TIMESTAMP_TYPE]: 'CreateTime',
    'retention.ms': String(retentionMs),
    'retention.bytes': String(retentionBytes),
    'segment.ms': String(segmentMs),
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
  }
}

/**
 * Creates a topic where it is missing, and judges one that is there; it is never altered. Gives the
 * number of partitions, and whether we made it just now.
 * @throws AppError ERR_TOPIC_MISSING where we may not create it, ERR_TOPIC_UNFIT where its records get
 * the broker's time, which would falsify every lag; any other error is worth another try.
 */
export async function ensureTopic(
  topic: string,
  spec: TopicSpec,
  deps: { admin: Pick<AdminClient, 'ask'>; logger: Logger },
): Promise<{ partitions: number; isMade: boolean }> {
  const found = await deps.admin.ask(async (admin) => {
    let partitions = await countPartitions(admin, topic)
    let made: Made = 'by somebody'
    if (partitions === null) {
      made = await createTopic(admin, topic, spec, deps.logger)
      partitions = await countPartitions(admin, topic)
    }
    const timestampType =
      partitions === null ? null : await readTimestampType(admin, topic, deps.logger)
    return { partitions, made, timestampType }
  })
  // Judged here: a failure inside would end the connection, which others use too.
  const { partitions, made, timestampType } = found
  if (partitions === null && made === 'forbidden') {
    const message = `topic ${topic} does not exist and the broker does not let us create it`
    throw new AppError('ERR_TOPIC_MISSING', message, { context: { topic } })
  }
  if (partitions === null) throw new Error(`topic ${topic} is not there yet`)
  refuseAppendTime(topic, timestampType)
  return { partitions, isMade: made === 'by us' }
}

/** Partitions of a topic, asked of the broker anew; null where there is no such topic. */
export async function countPartitions(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.find(({ name }) => name === topic)?.partitions.length ?? null
  } catch (error) {
    if (readKafkaError(error).types.includes('UNKNOWN_TOPIC_OR_PARTITION')) return null
    // kafkajs reads on where every broker that it asked refused: the refusal itself is lost.
    throw error instanceof TypeError ? new Error(`no broker knows topic ${topic} now`) : error
  }
}

type Made = 'by us' | 'by somebody' | 'forbidden'

async function createTopic(
  admin: Admin,
  topic: string,
  spec: TopicSpec,
  logger: Logger,
): Promise<Made> {
  const { partitions, replicationFactor } = spec
  const entries = Object.entries(topicConfig(spec))
  try {
    // False = somebody else was faster, which is as good.
    const isCreated = await admin.createTopics({
      timeout: CREATE_TIMEOUT_MS,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: entries.map(([name, value]) => ({ name, value })),
        },
      ],
    })
    if (isCreated) logger.info({ topic, partitions, replicationFactor }, 'topic created')
    return isCreated ? 'by us' : 'by somebody'
  } catch (error) {
    const { types } = readKafkaError(error)
    if (types.some((type) => FORBIDDEN.includes(type))) {
      logger.warn({ topic, err: error }, 'the topic may not be created')
      return 'forbidden'
    }
    const how = `${partitions} partitions and replication factor ${replicationFactor}`
    throw new Error(`topic ${topic} cannot be created with ${how}`, { cause: error })
  }
}

/** Null where the broker does not tell us. */
async function readTimestampType(
  admin: Admin,
  topic: string,
  logger: Logger,
): Promise<string | null> {
  const configNames = [TIMESTAMP_TYPE]
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }],
    })
    const entries = resources[0]?.configEntries ?? []
    return entries.find(({ configName }) => configName === TIMESTAMP_TYPE)?.configValue ?? null
  } catch (error) {
    if (!readKafkaError(error).types.some((type) => FORBIDDEN.includes(type))) throw error
    logger.warn({ topic }, 'the topic may not be described: its timestamps are taken on trust')
    return null
  }
}

function refuseAppendTime(topic: string, timestampType: string | null): void {
  if (timestampType !== 'LogAppendTime') return
  const message =
    `topic ${topic} has ${TIMESTAMP_TYPE}=LogAppendTime, which would falsify every lag: ` +
    'set it to CreateTime, or name another topic'
  throw new AppError('ERR_TOPIC_UNFIT', message, {
    context: { topic, [TIMESTAMP_TYPE]: timestampType },
  })
}
