import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { KafkaCluster } from '../../tools/kafka/cluster.ts'
import {
  allLive,
  drainedDelivery,
  type Load,
  LONG,
  secondsUntilLive,
  startServiceUnderLoad,
} from '../outage/under-load.ts'
import { ReferenceChecker } from '../storm/reference-checker.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { ForeignClient } from '../support/foreign-client.ts'
import { connectAdmin } from '../support/kafka.ts'
import { inOrderOnce, readFrames } from '../support/read-topic.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'

export const TOPIC = 'prices'
/** `STALE_AFTER_MS` and the allowed delay of a reader. */
const GRACE_MS = 7000
const QUEUE_BYTES = 512 * 1_048_576
const REJOIN = { timeoutMs: 120_000, intervalMs: 200 }

/**
 * A cluster of three brokers, the service with replication factor 3 under load, and a check of every
 * value that it publishes; all of it ends with the file.
 */
export async function startClusterUnderLoad(load: Load) {
  const cluster = await KafkaCluster.start({ count: 3 })
  registerCleanUp(() => cluster.kill())
  const settings = {
    KAFKA_REPLICATION_FACTOR: '3',
    // For all frames of the time that brokers need to start on a busy machine: a full queue drops by its policy.
    PRODUCER_QUEUE_MAX_BYTES: String(QUEUE_BYTES),
  }
  const { simulator, service } = await startServiceUnderLoad(cluster.brokers, settings, load)
  const checker = new ReferenceChecker(simulator, new Map([['service', service]]))
  checker.allow('outage', { instruments: null, ms: GRACE_MS })
  checker.start()
  const admin = await connectAdmin(cluster.brokers)
  const partitions = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
    return topics[0]?.partitions ?? []
  }
  const counts = async () => {
    const { series } = await service.metrics()
    return {
      produced: series.get(`orderbook_produced_records_total{topic=${TOPIC},kind=frame}`) ?? 0,
      queued: series.get(`orderbook_producer_queue_records{topic=${TOPIC}}`) ?? 0,
    }
  }
  return {
    cluster,
    admin,
    service,
    partitions,
    counts,
    foreign: new ForeignClient(cluster.brokers),
    secondsUntilLive: (sinceMs: number) => secondsUntilLive(service, sinceMs, load),
    isLive: () => allLive(service, load),
    /** Waits until every partition has three replicas in sync. */
    untilInSync: () =>
      eventually(async () => {
        const found = await partitions()
        expect(found.map(({ isr }) => isr.length)).toEqual(found.map(() => 3))
      }, REJOIN),
    /** Waits for frames to be acknowledged. */
    async untilProducing(): Promise<void> {
      const before = await counts()
      await eventually(async () => (await counts()).produced > before.produced + 100, LONG)
    },
    /** The service is not ready for this reason, and nothing is acknowledged while frames arrive. */
    async expectNothingAcknowledged(reason: RegExp): Promise<string> {
      const detail = await eventually(async () => {
        const { topic } = await service.failing()
        expect(topic).toMatch(reason)
        return topic ?? ''
      }, LONG)
      const before = await counts()
      await eventually(async () => (await counts()).queued > before.queued + 200, LONG)
      expect((await counts()).produced).toBe(before.produced)
      return detail
    },
    /** Every received frame is in the topic, in order, and no published value was wrong. */
    async expectNothingLost(): Promise<string> {
      await checker.stop()
      await simulator.stop()
      // Not the first failure alone: a wrong value and a lost frame may have one cause.
      expect.soft(checker.lies).toEqual([])
      const delivery = await drainedDelivery(service)
      expect(delivery.drops).toEqual({})
      expect(delivery).toMatchObject({ dropped: 0, produced: delivery.received })
      await assertTopicHolds(service, cluster.brokers)
      const frames = await readFrames(cluster.brokers, TOPIC)
      const once = inOrderOnce(frames)
      expect(once).toHaveLength(delivery.received)
      expect(checker.values).toBeGreaterThan(1000)
      expect(checker.undecided).toBeLessThan(checker.values / 20)
      return (
        `${delivery.received} frames, ${frames.length - once.length} written twice; ` +
        `${checker.values} values compared, ${checker.undecided} not comparable`
      )
    },
  }
}

/** Cuts the end of the logs of a topic, as a power cut does to what was not on the disk yet. */
export function truncateLogs(dataFolder: string, bytes: number): number {
  const folder = join(dataFolder, 'log')
  const logs = readdirSync(folder)
    .filter((name) => name.startsWith(`${TOPIC}-`))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => file.endsWith('.log') && statSync(file).size > bytes)
  for (const file of logs) truncateSync(file, statSync(file).size - bytes)
  return logs.length
}
