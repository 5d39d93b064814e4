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

/** Only what is written from now on. */
export const startAtEnd: StartPosition = ({ ends }) => Promise.resolve(ends)
