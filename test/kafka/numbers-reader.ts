import { Kafka, logLevel } from 'kafkajs'
import { registerCleanUp } from '../support/clean-up.ts'

/** A record of the topic of numbers, as a foreign client reads it. */
export interface NumbersRecord {
  readonly key: string
  readonly partition: number
  readonly timestampMs: number
  readonly definitions: string | undefined
  readonly source: string | undefined
  readonly value: {
    readonly instrument: string
    readonly state: string
    readonly reason: string | null
    readonly midPrice: number | null
    readonly exchangeTimeMs: number | null
    readonly source: { readonly offset: string } | null
  }
}

/** Reads a topic of numbers from its start until the end of the test; `records` grows. */
export async function readNumbers(brokers: string, topic: string) {
  const records: NumbersRecord[] = []
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: `${topic}-reader`,
    maxWaitTimeInMs: 100,
    metadataMaxAge: 1000,
  })
  registerCleanUp(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage({ partition, message }) {
      const { key, timestamp, headers, value } = message
      records.push({
        key: String(key),
        partition,
        timestampMs: Number(timestamp),
        definitions: headers?.['definitions']?.toString(),
        source: headers?.['source']?.toString(),
        value: JSON.parse(String(value)) as NumbersRecord['value'],
      })
      return Promise.resolve()
    },
  })
  return {
    records,
    /** State and reason of each record without numbers, of one instrument, in order. */
    statesOf: (instrument: string) =>
      records
        .filter(({ key, value }) => key === instrument && value.midPrice === null)
        .map(({ value: { state, reason } }) => (reason === null ? state : `${state}:${reason}`)),
    numbersOf: (instrument: string) =>
      records.filter(({ key, value }) => key === instrument && value.midPrice !== null),
  }
}
