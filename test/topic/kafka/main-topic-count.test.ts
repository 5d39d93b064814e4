import type { Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { TopicProvisioner } from '../../../src/topic/kafka/topic-provisioner.ts'
import { recordingLogger } from '../../http/fakes.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const SPEC = { partitions: 4, replicationFactor: 1, retentionMs: 3_600_000, retentionBytes: 1e9 }
const RECHECK_MS = 60_000

/** Lets pending promises settle. */
const settled = async () => {
  for (let tick = 0; tick < 50; tick += 1) await Promise.resolve()
}

/** The topics `prices` and `numbers` of a broker, and how the service provides the second. */
function besideBooks(counts: Record<string, number>, { isCopartitioned = true } = {}) {
  const faults = { isAway: false }
  const admin: Partial<Admin> = {
    fetchTopicMetadata: (options) => {
      if (faults.isAway) return Promise.reject(new Error('connect ECONNREFUSED'))
      const [name = ''] = options?.topics ?? []
      const count = counts[name]
      if (count === undefined) {
        const error = new Error('unknown topic')
        return Promise.reject(
          Object.assign(error, {
            name: 'KafkaJSProtocolError',
            type: 'UNKNOWN_TOPIC_OR_PARTITION',
          }),
        )
      }
      const partitions = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 0,
        replicas: [],
        isr: [],
      }))
      return Promise.resolve({ topics: [{ name, partitions }] })
    },
    createTopics: ({ topics }) => {
      for (const { topic, numPartitions = -1 } of topics) counts[topic] = numPartitions
      return Promise.resolve(true)
    },
    describeConfigs: () => Promise.resolve({ resources: [], throttleTime: 0 }),
  }
  const clock = new FakeClock()
  const logger = recordingLogger()
  const deps = {
    admin: {
      run: <T>(use: (admin: Admin) => Promise<T>) => use(admin as Admin),
      renew: () => undefined,
    },
    clock,
    logger,
    onFatal: (error: Error) => {
      throw error
    },
  }
  const main = new TopicProvisioner({ topic: 'prices', isOptional: false, spec: SPEC }, deps)
  const numbers = new TopicProvisioner(
    { topic: 'numbers', isOptional: true, isCopartitioned, spec: SPEC },
    { ...deps, main },
  )
  const warnings = () =>
    logger.lines.filter(
      ({ level, fields }) => level === 'warn' && 'topic' in fields && fields.topic === 'numbers',
    )
  return { counts, faults, clock, logger, main, numbers, warnings }
}

describe('a topic beside that of the books', () => {
  it('is created with the partition count of the books', async () => {
    const { counts, numbers } = besideBooks({ prices: 8 })
    await numbers.start()
    expect([counts['numbers'], numbers.problem, numbers.mismatch()]).toEqual([8, null, null])
  })

  it('is not used while its count differs, with one warning, and used once it is equal', async () => {
    const { counts, clock, numbers, warnings } = besideBooks({ prices: 8, numbers: 2 })
    await numbers.start()
    const problem = 'numbers has 2 partitions, but prices has 8'
    expect([numbers.isReady, numbers.problem]).toEqual([false, problem])
    clock.advance(RECHECK_MS)
    await settled()
    expect(warnings()).toHaveLength(1)
    counts['numbers'] = 8
    clock.advance(RECHECK_MS)
    await settled()
    expect([numbers.isReady, numbers.partitionCount, numbers.mismatch()]).toEqual([true, 8, null])
  })

  it('is refused again when the books get partitions that it has not', async () => {
    const { counts, clock, main, numbers } = besideBooks({ prices: 4 })
    await numbers.start()
    counts['prices'] = 6
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1000)
      await settled()
    }
    expect(main.partitionCount).toBe(6)
    const problem = 'numbers has 4 partitions, but prices has 6'
    expect([numbers.mismatch(), numbers.problem]).toEqual([problem, problem])
  })

  it('is used with another count where readers check it', async () => {
    const { numbers } = besideBooks({ prices: 8, numbers: 2 }, { isCopartitioned: false })
    await numbers.start()
    expect([numbers.isReady, numbers.partitionCount]).toEqual([true, 2])
  })

  it('waits for the count of the books, and says why it is not known', async () => {
    const { faults, clock, numbers, counts } = besideBooks({ prices: 5 })
    faults.isAway = true
    await numbers.start()
    expect(numbers.problem).toContain(
      'partition count of prices is not known: connect ECONNREFUSED',
    )
    faults.isAway = false
    for (let second = 0; second < 30; second += 1) {
      clock.advance(1000)
      await settled()
    }
    expect([numbers.isReady, counts['numbers']]).toEqual([true, 5])
  })
})
