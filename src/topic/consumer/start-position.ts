/** Offsets of the partitions of one topic, as a consumer looks them up when it gains some of them. */
export interface PartitionOffsets {
  readonly topic: string
  readonly partitions: readonly number[]
  /** Offset that the next record of each partition gets. */
  readonly ends: ReadonlyMap<number, bigint>
  /** First offset of each partition at or after an instant (epoch ms); the end where there is none. */
  atTime(timestampMs: number): Promise<ReadonlyMap<number, bigint>>
}

/** Where a consumer begins to read partitions that it has gained; a partition left out: at its end. */
export type StartPosition = (offsets: PartitionOffsets) => Promise<ReadonlyMap<number, bigint>>

export interface WarmStartOptions {
  /** How far before now. */
  warmupMs: number
  /** At most so many records before the end of each partition. */
  warmupMaxRecords: number
  /**
   * The start is never later than this before now, however many records that is: where a book can
   * only be rebuilt from a whole checkpoint, one must be within reach. null where every record is whole.
   */
  leastMs: number | null
}

/**
 * Begins so far before now that every book is whole when the end is reached: the later of `warmupMs`
 * ago and `warmupMaxRecords` before the end, but never later than `leastMs` ago.
 */
export function warmStart(options: WarmStartOptions, clock: { nowMs(): number }): StartPosition {
  const { warmupMs, warmupMaxRecords, leastMs } = options
  return async (offsets) => {
    const nowMs = clock.nowMs()
    const byTime = await offsets.atTime(nowMs - warmupMs)
    const latest = leastMs === null ? null : await offsets.atTime(nowMs - leastMs)
    const starts = new Map<number, bigint>()
    for (const [partition, end] of offsets.ends) {
      const fewest = end - BigInt(warmupMaxRecords)
      const start = max(byTime.get(partition) ?? end, fewest > 0n ? fewest : 0n)
      starts.set(partition, min(start, latest?.get(partition) ?? start))
    }
    return starts
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/**
 * Awaited before a consumer hands over what it fetched; null = nothing holds it. For tests and for
 * trying out how the service shows a reader that is slow or hangs.
 */
export type BeforeBatch = (() => Promise<void>) | null
