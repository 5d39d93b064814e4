import type { BookFrame, Receipt } from './frames.ts'
import type { SampledRecord, SampledUpdate, TopicRecord } from './topic.ts'

/**
 * What the parts ask of tracing. A few updates are followed from their receipt to their publication;
 * the others, which are nearly all, get null and pay a look at a counter.
 */
export interface Tracing {
  /** The gate, before anything is made: null where this frame is not followed. */
  receive(frame: BookFrame, receipt: Receipt): ReceivedUpdate | null
  /**
   * Follows a record whose producer followed it: null without a header, and for what is replayed, was
   * made by a producer, or is too much.
   */
  process(record: TopicRecord): ProcessedUpdate | null
  /** Longest `receive_to_publish` that is no outlier, ms; Infinity = nothing is. */
  readonly slowMs: number
  /**
   * Makes the spans of an update that was slow and that nobody followed, from the stamps that are
   * known. Gives its trace id, or null where there were too many in this second.
   */
  rebuild(record: TopicRecord, frame: BookFrame, times: PublishTimes): string | null
}

/** A sampled frame in ingest. */
export interface ReceivedUpdate extends SampledUpdate {
  /** Log lines written inside carry the ids of the span. */
  run(inside: () => void): void
  /** A record of this topic comes of it: ends the span `receive`. */
  send(topic: string): SampledRecord
  /** No record comes of it. */
  refuse(problem: string): void
}

/** A sampled record in processing. */
export interface ProcessedUpdate extends SampledUpdate {
  /** Log lines written inside carry the ids of the span. */
  run(inside: () => void): void
  /** Ends the spans `process` and `publish`. */
  publish(frame: BookFrame, times: PublishTimes): void
  /** Nothing is published of the record, as it is poison or says nothing new: ends the span `process`. */
  skip(reason: string): void
}

export interface PublishTimes {
  /** When the book was about to take the record: all before is reading it. */
  readonly readMonotonicMs: number
  /** When its values could be read. */
  readonly publishedMonotonicMs: number
}

/** Tracing that is switched off. */
export const noTracing: Tracing = {
  receive: () => null,
  process: () => null,
  slowMs: Number.POSITIVE_INFINITY,
  rebuild: () => null,
}

/** The part of pino that the parts use: fields first, a fixed message second. */
export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}
