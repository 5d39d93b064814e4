import type { BucketCounts } from './lag-histogram.ts'

/** Counts of a subject since its start. */
export interface Counts {
  readonly received: number
  readonly produced: number
  readonly consumed: number
  /** Dropped frames, for any reason. */
  readonly dropped: number
  /** Lag from receipt to values, by bucket. */
  readonly lag: BucketCounts
}

/** A program under load: from frames of the exchange through Kafka to numbers. */
export interface Subject {
  readonly name: string
  readonly pid: number
  counts(): Promise<Counts>
  stop(): Promise<void>
}

export interface SubjectOptions {
  exchangeUrl: string
  instruments: readonly string[]
  brokers: string
  topic: string
}
