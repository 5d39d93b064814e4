import type { TopicRecord } from '../model/topic.ts'
import type { Instant } from './instant.ts'

/**
 * From the receipt of a frame by its producer until this process had the record, ms. By one monotonic
 * clock where the topic is inside the process; else by two wall clocks, in whole milliseconds, and below
 * zero where these do not agree.
 */
export function topicDelayMs(record: TopicRecord): number {
  const { receivedMonotonicMs, arrivedMonotonicMs, arrivedTimeMs, timestampMs } = record
  return receivedMonotonicMs === undefined
    ? arrivedTimeMs - timestampMs
    : arrivedMonotonicMs - receivedMonotonicMs
}

/** The same as a lag: never below zero. */
export function receiveToConsumeMs(record: TopicRecord): number {
  return Math.max(0, topicDelayMs(record))
}

/** From having the record until its values can be read, at `now`. */
export function consumeToPublishMs(record: TopicRecord, now: Instant): number {
  return now.monotonicMs - record.arrivedMonotonicMs
}
