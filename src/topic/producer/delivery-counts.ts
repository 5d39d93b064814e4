import type { OutgoingRecord } from '../../model/topic.ts'
import type { DropReason, TopicSeries } from '../metrics.ts'

/**
 * Delivery counts of one topic. Invariant at all times: frames given to the producer = produced +
 * dropped by reason + queued + in flight. Checkpoints use capacity, but are not counted.
 */
export class DeliveryCounts {
  readonly topic: string
  readonly series: TopicSeries
  /** Frames waiting to be sent. */
  queuedFrames = 0
  /** Frames sent but not acknowledged yet. */
  inFlightFrames = 0
  /** Bytes of everything queued or in flight, checkpoints included. */
  bytes = 0

  constructor(topic: string, series: TopicSeries) {
    this.topic = topic
    this.series = series
  }

  /** Frames that left the producer, by outcome, and those still in it. */
  counts() {
    const { frames, dropped } = this.series
    return {
      topic: this.topic,
      produced: frames.value,
      dropped: {
        conflated: dropped.conflated.value,
        sequence_cut: dropped.sequence_cut.value,
        queue_full: dropped.queue_full.value,
        too_large: dropped.too_large.value,
        refused: dropped.refused.value,
        shutdown: dropped.shutdown.value,
      },
      queued: this.queuedFrames,
      inFlight: this.inFlightFrames,
    }
  }

  /** Counts a record that the producer dropped or did not accept. */
  dropped(record: OutgoingRecord, reason: DropReason): void {
    if (isCounted(record)) this.series.dropped[reason].add()
    record.sampled?.drop(reason)
  }
}

/** Whether a record is in the delivery counts: all but checkpoints, which repeat a frame. */
export function isCounted({ kind }: OutgoingRecord): boolean {
  return kind !== 'checkpoint'
}

export type TopicCounts = ReturnType<DeliveryCounts['counts']>
