import { Kafka, logLevel } from 'kafkajs'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'

/** A frame of the topic, in the few words that tell it from all others of its instrument. */
export interface ReadFrame {
  readonly instrument: string
  readonly changeId: number
  readonly exchangeTimeMs: number
}

interface BookJson {
  params: { data: { change_id: number; timestamp: number } }
}

/**
 * Every frame of a topic (checkpoints left out) in the order of each partition, as any other client
 * reads it, up to the end as it is now.
 */
export async function readFrames(brokers: string, topic: string): Promise<ReadFrame[]> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]),
  )
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `reader-${Date.now()}` })
  registerCleanUp(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const frames: ReadFrame[] = []
  const read = new Map<number, bigint>()
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      read.set(partition, BigInt(message.offset) + 1n)
      if (message.headers?.['kind'] === undefined) {
        const { params } = JSON.parse(String(message.value)) as BookJson
        const { change_id: changeId, timestamp: exchangeTimeMs } = params.data
        frames.push({ instrument: String(message.key), changeId, exchangeTimeMs })
      }
      return Promise.resolve()
    },
  })
  await eventually(
    () => [...ends].every(([partition, end]) => (read.get(partition) ?? 0n) >= end),
    { timeoutMs: 120_000, intervalMs: 100 },
  )
  await consumer.disconnect()
  return frames
}

/**
 * The frames without those that a retry wrote twice.
 * @throws Error where the first comings of an instrument are out of order
 */
export function inOrderOnce(frames: readonly ReadFrame[]): ReadFrame[] {
  const seen = new Set<string>()
  const last = new Map<string, ReadFrame>()
  return frames.filter((frame) => {
    const key = `${frame.instrument} ${frame.changeId} ${frame.exchangeTimeMs}`
    if (seen.has(key)) return false
    seen.add(key)
    const before = last.get(frame.instrument)
    if (before !== undefined && frame.changeId <= before.changeId) {
      throw new Error(`${frame.instrument}: ${frame.changeId} comes after ${before.changeId}`)
    }
    last.set(frame.instrument, frame)
    return true
  })
}
