import type { BookFrame, Receipt } from './frames.ts'
import type { SampledRecord, SampledUpdate, TopicRecord } from './topic.ts'

/**
 * Tracing port. Sampled updates get a handle from receipt to publication; unsampled ones, nearly
 * all, get null and cost one counter check.
 */
export interface Tracing {
  /** Samples a frame before any record is made of it; null if not sampled. */
  receive(frame: BookFrame, receipt: Receipt): ReceivedUpdate | null
  /**
   * Continues the trace of a record that its producer sampled. null without a trace header, for
   * replayed records and checkpoints, and over the rate limit.
   */
  process(record: TopicRecord): ProcessedUpdate | null
  /** `receive_to_publish` above this is an outlier, ms; Infinity = never. */
  readonly slowMs: number
  /**
   * Creates the spans of a slow, unsampled update from its known timestamps. Returns the trace id,
   * or null over the limit per second.
   */
  rebuild(record: TopicRecord, frame: BookFrame, times: PublishTimes): string | null
}

/** A sampled frame in ingest. */
export interface ReceivedUpdate extends SampledUpdate {
  /** Log lines written inside carry the ids of the span. */
  run(inside: () => void): void
  /** Ends the span `receive`: a record of this topic is sent. */
  send(topic: string): SampledRecord
  /** Ends the trace: no record is sent. */
  refuse(problem: string): void
}

/** A sampled record in processing. */
export interface ProcessedUpdate extends SampledUpdate {
  /** Log lines written inside carry the ids of the span. */
  run(inside: () => void): void
  /** Ends the spans `process` and `publish`. */
  publish(frame: BookFrame, times: PublishTimes): void
  /** Ends the span `process` without a publication: the record is invalid or changes nothing. */
  skip(reason: string): void
}

export interface PublishTimes {
  /** When the record was parsed and about to be applied to the book. */
  readonly readMonotonicMs: number
  /** When its values became readable. */
  readonly publishedMonotonicMs: number
}

/** Disabled tracing. */
export const noTracing: Tracing = {
  receive: () => null,
  process: () => null,
  slowMs: Number.POSITIVE_INFINITY,
  rebuild: () => null,
}

/** The part of pino that is used: fields first, a fixed message second. */
export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}
