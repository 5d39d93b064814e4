import type { OutgoingRecord } from '../../../model/topic.ts'
import { OverflowIndex } from './overflow-index.ts'
import type { SendQueue } from './send-queue.ts'

/** Empty slots are freed once there are at least this many and they are half of all. */
const MIN_COMPACT_SLOTS = 1024

/**
 * The unacknowledged records of one partition, in order. The first ones may be in flight; a failed
 * batch stays at the head. Positions only increase.
 */
export class RecordQueue implements SendQueue {
  #slots: (OutgoingRecord | undefined)[] = []
  /** Position of the first slot. */
  #base = 0
  /** First position that is not acknowledged, and first that is not sent. */
  #head = 0
  #sent = 0
  #inFlightRecords = 0
  #index: OverflowIndex | null = null
  waitingRecords = 0
  waitingBytes = 0

  push(record: OutgoingRecord, bytes: number): void {
    if (this.#slots.length >= MIN_COMPACT_SLOTS) this.#compact()
    this.#index?.add(record, this.#end())
    this.#slots.push(record)
    this.waitingRecords += 1
    this.waitingBytes += bytes
  }

  dequeue(maxRecords: number, maxBytes: number): OutgoingRecord[] {
    const batch: OutgoingRecord[] = []
    let bytes = 0
    for (const end = this.#end(); this.#sent < end && batch.length < maxRecords; this.#sent += 1) {
      const record = this.at(this.#sent)
      if (record === undefined) continue
      const size = recordBytes(record)
      if (batch.length > 0 && bytes + size > maxBytes) break
      batch.push(record)
      bytes += size
    }
    this.waitingRecords -= batch.length
    this.waitingBytes -= bytes
    this.#inFlightRecords = batch.length
    return batch
  }

  release(): void {
    this.#slots.fill(undefined, this.#head - this.#base, this.#sent - this.#base)
    this.#head = this.#sent
    this.#inFlightRecords = 0
    if (this.waitingRecords > 0) return
    this.#slots = []
    this.#base = this.#sent
    this.#index = null
  }

  putBack(batch: readonly OutgoingRecord[]): void {
    this.#sent = this.#head
    this.#inFlightRecords = 0
    this.waitingRecords += batch.length
    for (const record of batch) this.waitingBytes += recordBytes(record)
    this.#index?.restart()
  }

  oldest(): OutgoingRecord | undefined {
    for (let position = this.#sent; position < this.#end(); position += 1) {
      const record = this.at(position)
      if (record !== undefined) return record
    }
    return undefined
  }

  removeOldest(monotonicMs: number): OutgoingRecord | undefined {
    for (let position = this.#sent; position < this.#end(); position += 1) {
      const record = this.at(position)
      if (record === undefined) continue
      return record.receivedMonotonicMs < monotonicMs ? this.#remove(position) : undefined
    }
    return undefined
  }

  replace(frame: OutgoingRecord, bytes: number): OutgoingRecord | undefined {
    const position = this.#overflowIndex().newest(frame)
    const old = position === undefined || position < this.#sent ? undefined : this.at(position)
    if (position === undefined || old === undefined) return undefined
    this.#slots[position - this.#base] = frame
    this.waitingBytes += bytes - recordBytes(old)
    return old
  }

  removeSuperseded(): OutgoingRecord | undefined {
    return this.#remove(this.#overflowIndex().nextSuperseded(this.#sent, this.#end()))
  }

  removeNewest(newer: OutgoingRecord, neededBytes: number): OutgoingRecord | undefined {
    const position = this.#index?.newest(newer)
    if (position === undefined || position < this.#sent) return undefined
    const record = this.at(position)
    if (record?.kind !== newer.kind || recordBytes(record) < neededBytes) return undefined
    return this.#remove(position)
  }

  removeChannel(channel?: string): OutgoingRecord[] {
    const index = this.#overflowIndex()
    const name = channel ?? index.oldestChannel(this.#sent, this.#end())
    if (name === undefined) return []
    return index.dequeue(name, this.#sent).flatMap((position) => this.#remove(position) ?? [])
  }

  drain(): OutgoingRecord[] {
    const records = this.#slots.filter((record) => record !== undefined)
    this.#sent = this.#end()
    this.waitingRecords = 0
    this.waitingBytes = 0
    this.release()
    return records
  }

  /** The record at a position; undefined if it was removed. */
  at(position: number): OutgoingRecord | undefined {
    return this.#slots[position - this.#base]
  }

  #overflowIndex(): OverflowIndex {
    this.#index ??= new OverflowIndex(this, this.#head, this.#end())
    return this.#index
  }

  #remove(position: number | undefined): OutgoingRecord | undefined {
    const record = position === undefined ? undefined : this.at(position)
    if (position === undefined || record === undefined) return undefined
    this.#slots[position - this.#base] = undefined
    this.waitingRecords -= 1
    this.waitingBytes -= recordBytes(record)
    return record
  }

  /** Removes the gaps once they are the larger part. */
  #compact(): void {
    if (this.#slots.length < 2 * (this.#inFlightRecords + this.waitingRecords)) return
    this.#slots = this.#slots.filter((record) => record !== undefined)
    this.#base = this.#head
    this.#sent = this.#head + this.#inFlightRecords
    this.#index = null
  }

  #end(): number {
    return this.#base + this.#slots.length
  }
}

/** Overhead of a record beside its content, on the wire and in memory. */
const RECORD_OVERHEAD_BYTES = 100

/** Size of a record for the limits of batches and queues. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = record.value.length + record.key.length + RECORD_OVERHEAD_BYTES
  const { headers } = record
  if (headers !== undefined) {
    for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  }
  return bytes
}

/**
 * The record with its value in memory of its own. Small buffers are slices of blocks that Node
 * shares: a record that outlasts its neighbors would keep their memory too.
 */
export function inOwnMemory(record: OutgoingRecord): OutgoingRecord {
  const { value } = record
  if (value.buffer.byteLength === value.length) return record
  const own = Buffer.allocUnsafeSlow(value.length)
  value.copy(own)
  return { ...record, value: own }
}
