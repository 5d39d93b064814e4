import type { OutgoingRecord } from '../../../model/topic.ts'

/** The unacknowledged records of one partition, those of a channel in order. */
export interface SendQueue {
  /** Records that wait, without those in flight, and their bytes. */
  readonly waitingRecords: number
  readonly waitingBytes: number
  push(record: OutgoingRecord, bytes: number): void
  /**
   * Moves the next records in flight: at least one if any waits, then as many as fit the limits.
   * Only while none is in flight.
   */
  dequeue(maxRecords: number, maxBytes: number): OutgoingRecord[]
  /** Removes the batch in flight from the queue. */
  release(): void
  /** Returns the batch in flight to the queue, before later records of the same channels. */
  putBack(batch: readonly OutgoingRecord[]): void
  /** The record that has waited longest; undefined if none waits. */
  oldest(): OutgoingRecord | undefined
  /** Removes the record that has waited longest, if it was received before `monotonicMs`. */
  removeOldest(monotonicMs: number): OutgoingRecord | undefined
  /** Removes the oldest record that a later one of its channel supersedes. */
  removeSuperseded(): OutgoingRecord | undefined
  /**
   * Puts a frame in the place of the newest waiting one of its channel, so that the channel keeps
   * its position in the queue. Returns the replaced frame; undefined if none waits.
   */
  replace(frame: OutgoingRecord, bytes: number): OutgoingRecord | undefined
  /**
   * Removes the newest waiting record of the channel and kind of `newer`, which replaces it, if
   * that frees `neededBytes`.
   */
  removeNewest(newer: OutgoingRecord, neededBytes: number): OutgoingRecord | undefined
  /**
   * Removes all waiting records of a channel; without a name, of the one that has waited longest.
   */
  removeChannel(channel?: string): OutgoingRecord[]
  /** Removes and returns everything, records in flight included. */
  drain(): OutgoingRecord[]
}
