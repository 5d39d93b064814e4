import type { OutgoingRecord } from '../../src/model/topic.ts'
import {
  type OnTopicReady,
  SendError,
  type SendOptions,
  type TopicTransport,
} from '../../src/topic/producer/transport.ts'

/** A send that the test completes. */
export interface PendingSend {
  readonly topic: string
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
  readonly isAlone: boolean
  acknowledge(): void
  fail(error: SendError): void
}

/** Topics controlled by the test. Acknowledged records are kept in order, by partition. */
export class FakeTransport {
  readonly pending: PendingSend[] = []
  readonly sends: PendingSend[] = []
  readonly acknowledged = new Map<string, OutgoingRecord[]>()
  /** The same records over all partitions, in the order of their acknowledgements. */
  readonly acknowledgedInOrder: OutgoingRecord[] = []
  abandoned = 0
  closed = 0
  readonly #onTopicReady = new Map<string, OnTopicReady>()

  /** The transport of one topic. */
  ofTopic(topic: string): TopicTransport {
    const onTopicReady = this.#onTopicReady
    return {
      open: (onReady) => {
        onTopicReady.set(topic, onReady)
        return Promise.resolve()
      },
      send: (partition, records, options) => this.#send(topic, partition, records, options),
      abandon: () => {
        this.#abandon(topic)
      },
      close: () => {
        this.closed += 1
        return Promise.resolve()
      },
      get problem() {
        return onTopicReady.has(topic) ? null : 'not open'
      },
    }
  }

  /** Reports the topic as available. */
  makeReady(topic: string, partitionCount: number): void {
    this.#onTopicReady.get(topic)?.(partitionCount)
  }

  #send(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
    { isAlone = false }: SendOptions = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        const index = this.pending.indexOf(pending)
        if (index >= 0) this.pending.splice(index, 1)
        return index >= 0
      }
      const pending: PendingSend = {
        topic,
        partition,
        records,
        isAlone,
        acknowledge: () => {
          if (!settle()) return
          const key = `${topic}/${partition}`
          this.acknowledged.set(key, [...(this.acknowledged.get(key) ?? []), ...records])
          this.acknowledgedInOrder.push(...records)
          resolve()
        },
        fail: (error) => {
          if (settle()) reject(error)
        },
      }
      this.pending.push(pending)
      this.sends.push(pending)
    })
  }

  #abandon(topic: string): void {
    this.abandoned += 1
    for (const pending of this.pending.filter((send) => send.topic === topic)) {
      pending.fail(sendError('connection'))
    }
  }
}

export function sendError(reason: SendError['reason'] | 'refused'): SendError {
  const refusal = reason === 'too_large' || reason === 'refused' ? reason : null
  return new SendError(reason === 'refused' ? 'broker' : reason, `made to fail: ${reason}`, {
    refusal,
  })
}

/** Lets the reactions to settled promises run. */
export async function settled(): Promise<void> {
  for (let tick = 0; tick < 5; tick += 1) await Promise.resolve()
}
