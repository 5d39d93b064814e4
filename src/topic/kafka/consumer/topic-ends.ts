import type { OwnedPartition } from '../../consumer/assignment.ts'
import type { Clock } from '../../../time/clock.ts'
import type { AdminClient } from '../admin.ts'
import { countPartitions } from '../ensure-topic.ts'

/** Interval of polling the partition counts: the client is not notified of new partitions. */
const COUNT_INTERVAL_MS = 5000

export interface TopicEndsDeps {
  admin: Pick<AdminClient, 'renew' | 'run'>
  clock: Clock
}

/** Reads the end offsets of topics, including partitions added while running. */
export class TopicEnds {
  readonly #deps: TopicEndsDeps
  readonly #countedMonotonicMs = new Map<string, number>()

  constructor(deps: TopicEndsDeps) {
    this.#deps = deps
  }

  /** Next offset of each partition. */
  async read(topic: string): Promise<Map<number, bigint>> {
    const { admin, clock } = this.#deps
    const ends = await this.#read(topic)
    const countedMs = this.#countedMonotonicMs.get(topic) ?? Number.NEGATIVE_INFINITY
    if (clock.monotonicMs() - countedMs < COUNT_INTERVAL_MS) return ends
    const count = await admin.run((client) => countPartitions(client, topic))
    this.#countedMonotonicMs.set(topic, clock.monotonicMs())
    if (count === null || count === ends.size) return ends
    // kafkajs caches the known partitions for minutes and has no way to reload them.
    admin.renew()
    return this.#read(topic)
  }

  /**
   * Whether a topic was recreated although its end offsets are not below the positions in `states`.
   * The last processed record is still in the log unless it was deleted: if every record of the
   * partition is newer than that one, the log is another one.
   */
  async isRecreated(topic: string, states: readonly OwnedPartition[]): Promise<boolean> {
    const { admin } = this.#deps
    const known = states.map(({ partition, next, lastTimestampMs }) => ({
      partition,
      next: next ?? 0n,
      lastTimestampMs,
    }))
    const offsets = await admin.run((client) => client.fetchTopicOffsets(topic))
    const beginnings = new Map(offsets.map(({ partition, low }) => [partition, BigInt(low)]))
    for (const { partition, next, lastTimestampMs } of known) {
      const beginning = beginnings.get(partition)
      if (beginning === undefined || next <= beginning || lastTimestampMs === null) continue
      const newer = await admin.run((client) =>
        client.fetchTopicOffsetsByTimestamp(topic, Math.trunc(lastTimestampMs) + 1),
      )
      const firstNewer = newer.find((each) => each.partition === partition)?.offset
      if (firstNewer !== undefined && BigInt(firstNewer) === beginning) return true
    }
    return false
  }

  async #read(topic: string): Promise<Map<number, bigint>> {
    const offsets = await this.#deps.admin.run((client) => client.fetchTopicOffsets(topic))
    return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
  }
}
