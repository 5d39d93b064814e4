import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { ProducerMetrics } from '../metrics.ts'
import type { Overflow } from './overflow-policy.ts'
import type { TopicTransport } from './transport.ts'

export interface ProducedTopic {
  readonly name: string
  readonly overflow: Overflow
  /**
   * Records of other topics are never delayed or dropped because of an optional one, and it may use
   * at most half of the queue. Default: false.
   */
  readonly isOptional?: boolean
  /**
   * Not written while its partition count differs from that of the main topic. Default: false, as
   * readers check it.
   */
  readonly isCopartitioned?: boolean
  /** Whether the lag of its frames is observed; other stages have book frames only. Default: true. */
  readonly hasLag?: boolean
}

export interface TopicQueueOptions extends ProducedTopic {
  batchMaxRecords: number
  /** Limit of everything queued or in flight, bytes. */
  maxBytes: number
  /** Limit of bytes in flight over all partitions, so that a stuck send leaves capacity. */
  inFlightMaxBytes: number
}

export interface TopicQueueDeps {
  /** Transport of this topic. */
  transport: TopicTransport
  metrics: ProducerMetrics
  clock: Clock
  logger: Logger
  lingerMs: () => number
  defer: (callback: () => void) => void
  /** Called after a batch was sent: the other partitions may join its request. */
  onFlush: () => void
  onReleased: (bytes: number) => void
  /** Called when a send ended. */
  onOutcome: () => void
  /** Called when a record was dropped because of an overload. */
  onShed: () => void
  /** Called when keys move to other partitions; `hasMoved` tests a key. */
  onMoved: (hasMoved: (key: string) => boolean) => void
}
