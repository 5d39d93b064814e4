import type { OwnedPartition } from '../owned-partitions.ts'
import type { StartPosition } from '../start-position.ts'
import type { AdminClient } from './admin-client.ts'

export interface Start {
  readonly state: OwnedPartition
  readonly next: bigint
  /** End of the partition now: what is before it is replayed. */
  readonly replayEnd: bigint
  /** Records that are left in the log before the start: they will not be read. */
  readonly skipped: bigint
}

/** Asks the broker where its partitions end, and the strategy where to begin. */
export async function findStart(
  states: readonly OwnedPartition[],
  startPosition: StartPosition,
  admin: AdminClient,
): Promise<Start[]> {
  const starts: Start[] = []
  for (const topic of new Set(states.map((state) => state.topic))) {
    const own = states.filter((state) => state.topic === topic)
    const offsets = await admin.ask((client) => client.fetchTopicOffsets(topic))
    const ends = toMap(offsets)
    const beginnings = toMap(offsets.map(({ partition, low }) => ({ partition, offset: low })))
    const positions = await startPosition({
      topic,
      partitions: own.map(({ partition }) => partition),
      ends,
      atTime: async (timestampMs) =>
        toMap(
          await admin.ask((client) =>
            client.fetchTopicOffsetsByTimestamp(topic, Math.trunc(timestampMs)),
          ),
        ),
    })
    for (const state of own) {
      const replayEnd = ends.get(state.partition)
      if (replayEnd === undefined) {
        // Added since the client loaded its metadata, which it keeps for minutes.
        admin.renew()
        throw new Error(`no end of ${topic}/${state.partition}`)
      }
      const next = positions.get(state.partition) ?? replayEnd
      const left = next - (beginnings.get(state.partition) ?? next)
      starts.push({ state, replayEnd, next, skipped: left > 0n ? left : 0n })
    }
  }
  return starts
}

function toMap(offsets: readonly { partition: number; offset: string }[]): Map<number, bigint> {
  return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
}
