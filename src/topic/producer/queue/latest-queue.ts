import type { OutgoingRecord } from '../../../model/topic.ts'
import { recordBytes } from './record-queue.ts'
import type { SendQueue } from './send-queue.ts'

/** What is not to be sent again of a channel whose record is in flight. */
type Retracted = 'numbers' | 'all'

/**
 * The unacknowledged records of one partition of the topic of numbers. A record of the kind
 * `numbers` is superseded by any later record of its channel; one of the kind `state` is kept. A
 * batch has at most one record of a channel, so that a batch that arrives twice never puts an older
 * record behind a newer one.
 */
export class LatestQueue implements SendQueue {
  /** Waiting records by channel, the channel that has waited longest first. */
  readonly #waiting = new Map<string, OutgoingRecord[]>()
  #inFlight: readonly OutgoingRecord[] = []
  readonly #retracted = new Map<string, Retracted>()
  /** Removed, but not yet collected by `removeSuperseded`. */
  readonly #superseded: OutgoingRecord[] = []
  waitingRecords = 0
  waitingBytes = 0

  push(record: OutgoingRecord, bytes: number): void {
    const { channel } = record
    const records = this.#waiting.get(channel) ?? []
    if (records.length === 0) this.#waiting.set(channel, records)
    else if (records.at(-1)?.kind === 'numbers') this.#discard(records.pop())
    records.push(record)
    this.waitingRecords += 1
    this.waitingBytes += bytes
  }

  dequeue(maxRecords: number, maxBytes: number): OutgoingRecord[] {
    const batch: OutgoingRecord[] = []
    let bytes = 0
    // A copy, as a channel with more records moves behind the others.
    for (const channel of [...this.#waiting.keys()]) {
      const [first] = this.#waiting.get(channel) ?? []
      if (first === undefined || batch.length === maxRecords) break
      const size = recordBytes(first)
      if (batch.length > 0 && bytes + size > maxBytes) break
      batch.push(first)
      bytes += size
      this.#shift(channel)
    }
    this.#inFlight = batch
    return batch
  }

  release(): void {
    this.#inFlight = []
    this.#retracted.clear()
  }

  putBack(batch: readonly OutgoingRecord[]): void {
    for (const record of batch) {
      const { channel, kind } = record
      const retracted = this.#retracted.get(channel)
      const later = this.#waiting.get(channel)
      const isSuperseded = kind === 'numbers' && (later !== undefined || retracted !== undefined)
      if (isSuperseded || retracted === 'all') {
        this.#superseded.push(record)
        continue
      }
      if (later === undefined) this.#waiting.set(channel, [record])
      else later.unshift(record)
      this.waitingRecords += 1
      this.waitingBytes += recordBytes(record)
    }
    this.release()
  }

  oldest(): OutgoingRecord | undefined {
    for (const [first] of this.#waiting.values()) return first
    return undefined
  }

  removeOldest(): OutgoingRecord | undefined {
    const oldest = this.oldest()
    if (oldest !== undefined) this.#shift(oldest.channel)
    return oldest
  }

  removeSuperseded(): OutgoingRecord | undefined {
    return this.#superseded.pop()
  }

  /** Does nothing: superseded records never wait in this queue. */
  replace(): undefined {
    return undefined
  }

  /** Does nothing, as `replace`. */
  removeNewest(): undefined {
    return undefined
  }

  /** Supersedes the waiting numbers of a channel, which are no longer true, and those in flight. */
  retract(channel: string): void {
    if (this.#isInFlight(channel) && !this.#retracted.has(channel)) {
      this.#retracted.set(channel, 'numbers')
    }
    const records = this.#waiting.get(channel)
    if (records?.at(-1)?.kind !== 'numbers') return
    this.#discard(records.pop())
    if (records.length === 0) this.#waiting.delete(channel)
  }

  removeChannel(name?: string): OutgoingRecord[] {
    const channel = name ?? this.oldest()?.channel
    if (channel === undefined) return []
    if (this.#isInFlight(channel)) this.#retracted.set(channel, 'all')
    const records = this.#waiting.get(channel) ?? []
    this.#waiting.delete(channel)
    for (const record of records) this.#uncount(record)
    return records
  }

  drain(): OutgoingRecord[] {
    const records = [...this.#inFlight, ...[...this.#waiting.values()].flat()]
    this.#waiting.clear()
    this.waitingRecords = 0
    this.waitingBytes = 0
    this.release()
    return records
  }

  #isInFlight(channel: string): boolean {
    return this.#inFlight.some((record) => record.channel === channel)
  }

  /** Removes the first waiting record of a channel; others of it wait behind the other channels. */
  #shift(channel: string): void {
    const records = this.#waiting.get(channel)
    const first = records?.shift()
    if (records === undefined || first === undefined) return
    this.#uncount(first)
    this.#waiting.delete(channel)
    if (records.length > 0) this.#waiting.set(channel, records)
  }

  #discard(record: OutgoingRecord | undefined): void {
    if (record === undefined) return
    this.#uncount(record)
    this.#superseded.push(record)
  }

  #uncount(record: OutgoingRecord): void {
    this.waitingRecords -= 1
    this.waitingBytes -= recordBytes(record)
  }
}
