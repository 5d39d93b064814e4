import type { OutgoingRecord } from '../../model/topic.ts'
import type { DropReason, TopicSeries } from '../metrics.ts'

/**
 * Where the frames of one topic are. At every moment: frames given to the producer =
 * produced + dropped by reason + queued + in flight. Checkpoints take room, but are not counted.
 */
export class DeliveryCounts {
  readonly topic: string
  readonly series: TopicSeries
  /** Frames that wait for a send. */
  queuedFrames = 0
  /** Frames that were sent and not acknowledged yet. */
  inFlightFrames = 0
  /** Bytes of everything that waits or is in flight, checkpoints included. */
  bytes = 0

  constructor(topic: string, series: TopicSeries) {
    this.topic = topic
    this.series = series
  }

  /** Frames that left the producer, by the way they left, and those still in it. */
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

  /** A record that the producer gives up, or does not take. */
  dropped(record: OutgoingRecord, reason: DropReason): void {
    if (record.kind === 'frame') this.series.dropped[reason].add()
    record.sampled?.drop(reason)
  }
}

export type TopicCounts = ReturnType<DeliveryCounts['counts']>
