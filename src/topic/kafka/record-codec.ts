import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import type { OutgoingRecord, RecordHeaders, TopicRecord } from '../../model/topic.ts'

/** A record as kafkajs sends it. The partition is ours to say; no headers are sent where there are none. */
export function toMessage(record: OutgoingRecord, partition: number): Message {
  const { key, value, timestampMs, headers } = record
  const message: Message = { key, value, partition, timestamp: String(Math.trunc(timestampMs)) }
  if (headers !== undefined) message.headers = headers
  return message
}

/** Where and when a message was found. */
export type MessagePlace = Omit<TopicRecord, 'offset' | 'key' | 'value' | 'timestampMs' | 'headers'>

/** A message that kafkajs has fetched as a record of ours. */
export function toTopicRecord(message: KafkaMessage, place: MessagePlace): TopicRecord {
  return {
    ...place,
    offset: message.offset,
    key: message.key === null ? null : message.key.toString('utf8'),
    value: message.value,
    timestampMs: Number(message.timestamp),
    headers: message.headers === undefined ? undefined : readHeaders(message.headers),
  }
}

/** Header values as text; of several with one name the last. Undefined where there are none. */
function readHeaders(headers: IHeaders): RecordHeaders | undefined {
  let result: Record<string, string> | undefined
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    // Without a prototype: names are those of strangers.
    result ??= Object.create(null) as Record<string, string>
    result[name] = value === undefined || value === null ? '' : value.toString('utf8')
  }
  return result
}
