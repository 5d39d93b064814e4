import type { OutgoingRecord } from '../model/topic.ts'
import type { ProducerMetrics } from './metrics.ts'

/** A batch that was acknowledged. */
export interface SentBatch {
  readonly batch: readonly OutgoingRecord[]
  readonly partition: number
  readonly sentMonotonicMs: number
  readonly acknowledgedMonotonicMs: number
}

/**
 * Ends the spans of the followed records of a batch, and makes them exemplars of its stages.
 * @param nowMs epoch ms
 */
export function endSendSpans(
  { batch, partition, sentMonotonicMs, acknowledgedMonotonicMs }: SentBatch,
  metrics: Pick<ProducerMetrics, 'receiveToSend' | 'sendToAck'>,
  nowMs: number,
): void {
  const sampled = batch.flatMap((record) => record.sampled ?? [])
  const times = {
    partition,
    batchRecords: batch.length,
    sampled,
    sentMonotonicMs,
    acknowledgedMonotonicMs,
  }
  const toAckSeconds = (acknowledgedMonotonicMs - sentMonotonicMs) / 1000
  for (const record of batch) {
    if (record.sampled === undefined) continue
    record.sampled.acknowledge(times)
    const { traceId } = record.sampled
    const toSendSeconds = (sentMonotonicMs - record.receivedMonotonicMs) / 1000
    metrics.receiveToSend.setExemplar(toSendSeconds, traceId, nowMs)
    metrics.sendToAck.setExemplar(toAckSeconds, traceId, nowMs)
  }
}
