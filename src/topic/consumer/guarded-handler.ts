import type { Logger } from '../../model/telemetry.ts'
import type {
  RecordHandler,
  SupersedableRecord,
  TopicPartition,
  TopicRecord,
  UnreadableRange,
} from '../../model/topic.ts'
import type { ConsumerMetrics } from '../metrics.ts'

export interface SafeHandlerDeps {
  handler: RecordHandler
  metrics: ConsumerMetrics
  logger: Logger
}

/**
 * Wraps a handler so that it never throws: a record on which it fails is skipped, counted, and
 * logged with its offset. Otherwise the consumer would crash, and its replacement at the same
 * record.
 */
export class GuardedHandler implements RecordHandler {
  readonly #deps: SafeHandlerDeps

  constructor(deps: SafeHandlerDeps) {
    this.#deps = deps
  }

  onPartitionCount(topic: string, count: number): void {
    this.#guard(() => {
      this.#deps.handler.onPartitionCount(topic, count)
    })
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.#guard(() => {
      this.#deps.handler.onAssigned(partitions)
    })
  }

  onRevoked(partitions: readonly TopicPartition[]): void {
    this.#guard(() => {
      this.#deps.handler.onRevoked(partitions)
    })
  }

  onRecord(record: TopicRecord): void {
    try {
      this.#deps.handler.onRecord(record)
    } catch (err) {
      const { topic, partition, offset } = record
      this.#deps.metrics.skipped.series({ topic }).add()
      this.#deps.logger.error({ err, topic, partition, offset }, 'record skipped: handler failed')
    }
  }

  onCaughtUp(partition: TopicPartition): void {
    this.#guard(() => {
      this.#deps.handler.onCaughtUp(partition)
    })
  }

  supersedableChannel(record: SupersedableRecord): string | null {
    try {
      return this.#deps.handler.supersedableChannel(record)
    } catch (err) {
      this.#deps.logger.error({ err }, 'handler failed on a record')
      return null
    }
  }

  onSuperseded(record: SupersedableRecord & TopicPartition): void {
    this.#guard(() => {
      this.#deps.handler.onSuperseded(record)
    })
  }

  onUnreadable(range: UnreadableRange): void {
    this.#guard(() => {
      this.#deps.handler.onUnreadable(range)
    })
  }

  #guard(call: () => void): void {
    try {
      call()
    } catch (err) {
      this.#deps.logger.error({ err }, 'handler failed on a partition')
    }
  }
}
