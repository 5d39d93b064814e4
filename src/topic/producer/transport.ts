import { AppError } from '../../errors.ts'
import type { OutgoingRecord } from '../../model/topic.ts'

/** Why a send failed; the label `reason` of `produce_errors_total`. */
export type SendFailureReason = 'timeout' | 'connection' | 'broker' | 'too_large'

/**
 * What a broker has against the records themselves, whenever they are sent: a record is given up for
 * it, and counted under this `reason` of `dropped_records_total`.
 */
export type Refusal = 'too_large' | 'refused'

/** A batch that was not acknowledged. Whether the topic has it is not known, but after a refusal. */
export class SendError extends AppError {
  readonly reason: SendFailureReason
  /** null where the same batch may be acknowledged at another moment. */
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

/**
 * Called with the partition count of a topic each time that it has come to be there, or has another
 * count than before.
 */
export type OnTopicReady = (topic: string, partitionCount: number) => void

/** What the batching producer needs of a topic: batches in, acknowledgements out. */
export interface TopicTransport {
  /**
   * Begins to make the topics writable, and goes on for as long as that takes. Resolves after the
   * first attempt, whether it succeeded or not.
   * @throws AppError that is not retryable where it never will succeed.
   */
  open(onTopicReady: OnTopicReady): Promise<void>
  /**
   * Resolves when the topic has acknowledged all records and said where they are; rejects with a
   * `SendError`.
   */
  send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void>
  /**
   * A send was given up as too slow and its records will be sent again: nothing that is still under
   * way may arrive after them, as far as that can be had.
   */
  abandon(): void
  close(timeoutMs: number): Promise<void>
  /** Why nothing can be sent, in words; null when something can. */
  problem(): string | null
}
