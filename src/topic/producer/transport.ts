import { AppError } from '../../errors.ts'
import type { OutgoingRecord, SendFailureReason } from '../../model/topic.ts'

/**
 * Why a broker permanently rejects the records themselves. The record is dropped and counted under
 * this `reason` of `dropped_records_total`.
 */
export type Refusal = 'too_large' | 'refused'

/** A batch was not acknowledged. Unless it was rejected, the topic may have it nevertheless. */
export class SendError extends AppError {
  readonly reason: SendFailureReason
  /** null if the same batch may be acknowledged later. */
  readonly refusal: Refusal | null

  constructor(
    reason: SendFailureReason,
    message: string,
    { cause, refusal = null }: { cause?: unknown; refusal?: Refusal | null } = {},
  ) {
    super('ERR_TOPIC_SEND', message, { cause, context: { reason, refusal }, retryable: true })
    this.reason = reason
    this.refusal = refusal
  }
}

/** Called with the partition count whenever the topic has become available or its count changed. */
export type OnTopicReady = (partitionCount: number) => void

export interface SendOptions {
  /**
   * True for a batch that may be rejected for its contents: it shares its request with no other
   * partition, as the error of one fails all. Default: false.
   */
  readonly isAlone?: boolean
}

/** What the batching producer needs of one topic: sends of batches with acknowledgement. */
export interface TopicTransport {
  /**
   * Starts to make the topic writable and keeps trying. Resolves after the first attempt, successful
   * or not.
   * @throws AppError that is not retryable if a topic that is not optional can never be writable
   */
  open(onTopicReady: OnTopicReady): Promise<void>
  /**
   * Resolves when the topic has acknowledged all records with their offsets; rejects with a
   * `SendError`.
   */
  send(partition: number, records: readonly OutgoingRecord[], options?: SendOptions): Promise<void>
  /**
   * Call when a send timed out and its records will be sent again: as far as possible, nothing that
   * is still in flight may arrive after them.
   */
  abandon(): void
  close(timeoutMs: number): Promise<void>
  /** Why nothing can be sent; null when sends are possible. */
  readonly problem: string | null
}
