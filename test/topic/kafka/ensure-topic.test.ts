import type { Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import type { Logger } from '../../../src/model/telemetry.ts'
import { ensureTopic, topicConfig } from '../../../src/topic/kafka/ensure-topic.ts'
import { silentLogger } from '../records.ts'

const SPEC = { partitions: 4, replicationFactor: 1, retentionMs: 3_600_000, retentionBytes: 1e9 }

function protocolError(type: string): Error {
  return Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
}

/** The kafkajs calls in use; each may fail with an error code of the protocol. */
function fakeAdmin(faults: { metadata?: string; create?: string; describe?: string }) {
  const answer = <T>(fault: string | undefined, value: T) =>
    fault === undefined ? Promise.resolve(value) : Promise.reject(protocolError(fault))
  const admin: Partial<Admin> = {
    fetchTopicMetadata: () =>
      answer(faults.metadata, { topics: [{ name: 'prices', partitions: [] }] }),
    createTopics: () => answer(faults.create, true),
    describeConfigs: () => answer(faults.describe, { resources: [], throttleTime: 0 }),
  }
  const broken: unknown[] = []
  return {
    /** Errors that would have closed the connection. */
    broken,
    run: <T>(use: (admin: Admin) => Promise<T>) =>
      use(admin as Admin).catch((error: unknown) => {
        broken.push(error)
        throw error
      }),
  }
}

const ensure = (faults: Parameters<typeof fakeAdmin>[0], logger: Logger = silentLogger) =>
  ensureTopic('prices', SPEC, { admin: fakeAdmin(faults), logger })

describe('a topic that cannot be created', () => {
  it.each(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'])(
    'is a permanent error if creating it fails with %s',
    async (create) => {
      const admin = fakeAdmin({ metadata: 'UNKNOWN_TOPIC_OR_PARTITION', create })
      await expect(
        ensureTopic('prices', SPEC, { admin, logger: silentLogger }),
      ).rejects.toMatchObject({ code: 'ERR_TOPIC_MISSING', retryable: false })
      // An error of the topic: the connection is still usable.
      expect(admin.broken).toEqual([])
    },
  )

  it.each(['INVALID_REPLICATION_FACTOR', 'NOT_CONTROLLER', 'REQUEST_TIMED_OUT'])(
    'is retried if creating it fails with %s',
    async (create) => {
      await expect(
        ensure({ metadata: 'UNKNOWN_TOPIC_OR_PARTITION', create }),
      ).rejects.toMatchObject({ cause: { type: create } })
    },
  )

  it('is used unchecked, with a warning, if describing it is not authorized', async () => {
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (_fields: object, text: string) => warnings.push(text) }
    await ensure({ describe: 'TOPIC_AUTHORIZATION_FAILED' }, logger)
    expect(warnings).toEqual([
      'not authorized to describe the topic, its timestamp type is not checked',
    ])
  })
})

describe('the configuration of a created topic', () => {
  it.each([
    [60_000, 60_000],
    [1_800_000, 300_000],
    [3_600_000, 600_000],
    [86_400_000, 600_000],
  ])('closes segments well within a retention of %i ms: after %i ms', (retentionMs, segmentMs) => {
    expect(topicConfig({ ...SPEC, retentionMs })['segment.ms']).toBe(String(segmentMs))
  })
})
