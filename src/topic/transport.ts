import { AppError } from '../errors.ts'
import type { OutgoingRecord } from '../model/topic.ts'

/** Why a send failed; the label `reason` of `produce_errors_total`. */
export type SendFailureReason = 'timeout' | 'connection' | 'broker' | 'too_large'

/** A batch that was not acknowledged. Whether the topic has it is not known, but for `too_large`. */
export class SendError extends AppError {
  readonly reason: SendFailureReason

  constructor(reason: SendFailureReason, message: string, cause?: unknown) {
    super('ERR_TOPIC_SEND', message, { cause, context: { reason }, retryable: true })
    this.reason = reason
  }
}

/** How many partitions a topic has; told each time that it has come to be there. */
export type OnTopicReady = (topic: string, partitionCount: number) => void

/** What the batching producer needs of a topic: batches in, acknowledgements out. */
export interface TopicTransport {
  /**
   * Begins to make the topics writable, and goes on for as long as that takes. Resolves after the
   * first attempt, whether it succeeded or not.
   * @throws AppError that is not retryable where it never will succeed.
   */
  open(onTopicReady: OnTopicReady): Promise<void>
  /** Resolves when the topic has acknowledged all records; rejects with a `SendError`. */
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
