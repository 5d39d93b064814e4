import kafkajs, { type Admin } from 'kafkajs'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { AdminClient } from './admin.ts'
import { isDenied, isTopicGone } from './errors.ts'

/** How to create a missing topic. */
export interface TopicSpec {
  partitions: number
  replicationFactor: number
  retentionMs: number
  /** Per partition. */
  retentionBytes: number
}

/** An existing topic. */
export interface EnsuredTopic {
  readonly partitions: number
  /** True if it was created just now. */
  readonly isCreated: boolean
}

const TIMESTAMP_TYPE = 'message.timestamp.type'
const MINUTE_MS = 60_000
/**
 * Fits the largest snapshot that the socket accepts (16 MiB) after compression, and the limits of
 * hosted brokers.
 */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const CREATE_TIMEOUT_MS = 5000

/** Configuration of a topic that this process creates. */
export function topicConfig({ retentionMs, retentionBytes }: TopicSpec): Record<string, string> {
  // The active segment is never deleted, so it must be rolled well within the retention.
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
 * Creates a topic if it is missing, and checks an existing one without altering it. Returns the
 * partition count, and whether this call created the topic.
 * @throws AppError ERR_TOPIC_MISSING if creating is not permitted, ERR_TOPIC_UNFIT if the broker
 *   overwrites timestamps, which would falsify every lag; any other error may be retried
 */
export async function ensureTopic(
  topic: string,
  spec: TopicSpec,
  deps: { admin: Pick<AdminClient, 'run'>; logger: Logger },
): Promise<EnsuredTopic> {
  const found = await deps.admin.run(async (admin) => {
    let partitions = await countPartitions(admin, topic)
    let creation: Creation = 'by another client'
    if (partitions === null) {
      creation = await createTopic(admin, topic, spec, deps.logger)
      partitions = await countPartitions(admin, topic)
    }
    const timestampType =
      partitions === null ? null : await readTimestampType(admin, topic, deps.logger)
    return { partitions, creation, timestampType }
  })
  // Checked outside `run`: an error inside would close the shared connection.
  const { partitions, creation, timestampType } = found
  if (partitions === null && creation === 'forbidden') {
    const message = `topic ${topic} does not exist and the broker denies creating it; create it, or grant the permission CREATE`
    throw new AppError('ERR_TOPIC_MISSING', message, { context: { topic } })
  }
  if (partitions === null) throw new Error(`topic ${topic} does not exist yet`)
  refuseAppendTime(topic, timestampType)
  return { partitions, isCreated: creation === 'by us' }
}

/** Partition count of a topic as reported by the broker; null if the topic does not exist. */
export async function countPartitions(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.find(({ name }) => name === topic)?.partitions.length ?? null
  } catch (error) {
    if (isTopicGone(error)) return null
    // If every broker returns an error, kafkajs fails while reading the missing result and loses
    // the error.
    throw error instanceof TypeError
      ? new Error(`no broker has metadata for topic ${topic}`)
      : error
  }
}

type Creation = 'by us' | 'by another client' | 'forbidden'

async function createTopic(
  admin: Admin,
  topic: string,
  spec: TopicSpec,
  logger: Logger,
): Promise<Creation> {
  const { partitions, replicationFactor } = spec
  const entries = Object.entries(topicConfig(spec))
  try {
    // False if another client created it first, which is fine.
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
    return isCreated ? 'by us' : 'by another client'
  } catch (error) {
    if (isDenied(error)) {
      logger.warn({ topic, err: error }, 'not authorized to create the topic')
      return 'forbidden'
    }
    const how = `${partitions} partitions and replication factor ${replicationFactor}`
    throw new Error(`topic ${topic} cannot be created with ${how}`, { cause: error })
  }
}

/** Returns null if describing the topic is not permitted. */
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
    if (!isDenied(error)) throw error
    logger.warn(
      { topic },
      'not authorized to describe the topic, its timestamp type is not checked',
    )
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
