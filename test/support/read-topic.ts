import { Kafka, logLevel } from 'kafkajs'
import { registerCleanUp } from './clean-up.ts'
import { eventually } from './eventually.ts'

/** A frame of the topic, with the fields that identify it within its instrument. */
export interface ReadFrame {
  readonly instrument: string
  readonly changeId: number
  readonly exchangeTimeMs: number
}

/** A record of a topic, as read by another client. */
export interface ReadRecord {
  readonly instrument: string
  readonly partition: number
  readonly offset: string
  readonly isCheckpoint: boolean
  readonly value: string
}

interface BookJson {
  params: { data: { change_id: number; timestamp: number } }
}

/** Every frame of a topic, without checkpoints. */
export async function readFrames(brokers: string, topic: string): Promise<ReadFrame[]> {
  const records = await readTopic(brokers, topic)
  return records.flatMap(({ instrument, isCheckpoint, value }) => {
    if (isCheckpoint) return []
    const { params } = JSON.parse(value) as BookJson
    const { change_id: changeId, timestamp: exchangeTimeMs } = params.data
    return [{ instrument, changeId, exchangeTimeMs }]
  })
}

/** Every record of a topic in partition order, up to the current end. */
export async function readTopic(brokers: string, topic: string): Promise<ReadRecord[]> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
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
  const records: ReadRecord[] = []
  const read = new Map<number, bigint>()
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      read.set(partition, BigInt(message.offset) + 1n)
      records.push({
        instrument: String(message.key),
        partition,
        offset: message.offset,
        isCheckpoint: message.headers?.['kind'] !== undefined,
        value: String(message.value),
      })
      return Promise.resolve()
    },
  })
  await eventually(
    () => [...ends].every(([partition, end]) => (read.get(partition) ?? 0n) >= end),
    { timeoutMs: 120_000, intervalMs: 100 },
  )
  await consumer.disconnect()
  return records
}

/**
 * Removes frames that a retry wrote twice.
 * @throws Error where first occurrences of an instrument are out of order
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
