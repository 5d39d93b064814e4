import type { OutgoingRecord } from '../model/topic.ts'

/** What a record costs beside its content, on the wire and in memory. */
const RECORD_OVERHEAD_BYTES = 100

/** Size of a record for the bounds of batches and queues. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = record.value.length + record.key.length + RECORD_OVERHEAD_BYTES
  const { headers } = record
  if (headers !== undefined) {
    for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  }
  return bytes
}
