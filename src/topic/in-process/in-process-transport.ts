import type { OutgoingRecord } from '../../model/topic.ts'
import type { OnTopicReady, TopicTransport } from '../transport.ts'
import type { MemoryLog } from './in-process-log.ts'

export interface InProcessTransportOptions {
  topics: readonly string[]
}

/** Appends batches to the topics of this process. Never fails. */
export class MemoryTransport implements TopicTransport {
  readonly #options: InProcessTransportOptions
  readonly #log: MemoryLog

  constructor(options: InProcessTransportOptions, deps: { log: MemoryLog }) {
    this.#options = options
    this.#log = deps.log
  }

  open(onTopicReady: OnTopicReady): Promise<void> {
    for (const topic of this.#options.topics) onTopicReady(topic, this.#log.partitionCount)
    return Promise.resolve()
  }

  send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    this.#log.append(topic, partition, records)
    return Promise.resolve()
  }

  abandon(): void {
    // Nothing is ever under way: a send is done when it returns.
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  problem(): string | null {
    return null
  }
}
