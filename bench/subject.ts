import type { BucketCounts } from './lag-histogram.ts'

/** What a subject has done since its start. */
export interface Counts {
  readonly received: number
  readonly produced: number
  readonly consumed: number
  /** Frames given up, for whatever reason. */
  readonly dropped: number
  /** Receipt to values, by bucket. */
  readonly lag: BucketCounts
}

/** A program under load: frames of the exchange through Kafka to numbers. */
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
