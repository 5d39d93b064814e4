/** Offsets of the partitions of one topic, looked up when a consumer is assigned some of them. */
export interface PartitionOffsets {
  readonly topic: string
  readonly partitions: readonly number[]
  /** Next offset of each partition. */
  readonly ends: ReadonlyMap<number, bigint>
  /**
   * First offset of each partition at or after a time (epoch ms); the end offset if there is none.
   */
  atTime(timestampMs: number): Promise<ReadonlyMap<number, bigint>>
}

/**
 * Returns the start offsets of newly assigned partitions; a missing partition starts at its end.
 */
export type StartPosition = (offsets: PartitionOffsets) => Promise<ReadonlyMap<number, bigint>>

export interface WarmStartOptions {
  /** How far back to start, ms. */
  warmupMs: number
  /** Maximum number of records before the end of each partition. */
  warmupMaxRecords: number
  /**
   * Starts at least this far back, ms, however many records that is, so that a book that needs a
   * full checkpoint finds one. null if every record is complete by itself.
   */
  minWarmupMs: number | null
}

/**
 * Starts far enough back that every book is complete when the end is reached: at the later of
 * `warmupMs` ago and `warmupMaxRecords` before the end, but never later than `leastMs` ago.
 */
export function warmStart(options: WarmStartOptions, clock: { nowMs(): number }): StartPosition {
  const { warmupMs, warmupMaxRecords, minWarmupMs } = options
  return async (offsets) => {
    const nowMs = clock.nowMs()
    const byTime = await offsets.atTime(nowMs - warmupMs)
    const latest = minWarmupMs === null ? null : await offsets.atTime(nowMs - minWarmupMs)
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
 * Hook that a consumer awaits before it processes a fetched batch; null = none. Tests use it to
 * slow down or block consumption.
 */
export type BeforeBatch = (() => Promise<void>) | null
