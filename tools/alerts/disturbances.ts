import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { ChildService } from '../stack/child-service.ts'
import type { AlertTestbed } from './alert-testbed.ts'

/** Length of one pause: scrapes still succeed, one timer in a hundred is late. */
const HELD_MS = 300
const LET_GO_MS = 200

/** The broker of a testbed. @throws Error where the stack has none of its own */
export function brokerOf(testbed: AlertTestbed) {
  const { broker } = testbed.stack
  if (broker === null) throw new Error('the stack has no broker of its own')
  return broker
}

/** Pauses a process repeatedly. @returns a function that ends this */
export function holdRepeatedly(service: ChildService): () => Promise<void> {
  const end = new AbortController()
  const loop = async () => {
    while (!end.signal.aborted) {
      service.kill('SIGSTOP')
      await sleep(HELD_MS)
      service.kill('SIGCONT')
      await sleep(LET_GO_MS)
    }
  }
  const ended = loop()
  return () => {
    end.abort()
    return ended
  }
}

/** Writes a record of another producer to the topic of books. */
export async function writeForeignRecord(testbed: AlertTestbed): Promise<void> {
  const kafka = new Kafka({
    brokers: [testbed.stack.brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({
    topic: 'prices',
    messages: [{ key: 'BTC-PERPETUAL', value: 'no frame' }],
  })
  await producer.disconnect()
}
