import type { OutgoingRecord } from '../../model/topic.ts'

interface Newest {
  /** Position of the newest frame, and of the newest record of any kind; -1 = none. */
  frame: number
  any: number
}

interface Records {
  at(position: number): OutgoingRecord | undefined
}

/**
 * Finds waiting records that a later record of their channel supersedes, oldest first: a frame is
 * superseded by a later frame, a checkpoint by a later record of any kind. Created when a queue
 * becomes full and kept only until it is empty, so that it costs nothing in normal operation. Each
 * record is checked once, however often the queue is full.
 */
export class SupersededRecords {
  readonly #records: Records
  readonly #newest = new Map<string, Newest>()
  /** Positions before this were checked. */
  #cursor: number
  /** Positions before the cursor that were superseded since. */
  #late: number[] = []

  /** Indexes the positions from `head` (inclusive) to `end` (exclusive). */
  constructor(records: Records, head: number, end: number) {
    this.#records = records
    this.#cursor = head
    for (let position = head; position < end; position += 1) {
      const record = records.at(position)
      if (record !== undefined) this.pushed(record, position)
    }
  }

  pushed(record: OutgoingRecord, position: number): void {
    const newest = this.#newest.get(record.channel)
    if (newest === undefined) {
      const frame = record.kind === 'frame' ? position : -1
      this.#newest.set(record.channel, { frame, any: position })
      return
    }
    const { frame, any } = newest
    newest.any = position
    if (record.kind === 'frame') newest.frame = position
    if (any < this.#cursor) this.#late.push(any)
    if (frame !== any && frame < this.#cursor) this.#late.push(frame)
  }

  /** Restarts at the head: records that were in flight wait again. */
  restart(): void {
    this.#cursor = 0
    this.#late = []
  }

  /**
   * Position of the next superseded record between `sent` and `end`; undefined if there is none.
   */
  next(sent: number, end: number): number | undefined {
    for (let late = this.#late.pop(); late !== undefined; late = this.#late.pop()) {
      if (late >= sent && this.#isSuperseded(late)) return late
    }
    this.#cursor = Math.max(this.#cursor, sent)
    for (; this.#cursor < end; this.#cursor += 1) {
      if (this.#isSuperseded(this.#cursor)) {
        this.#cursor += 1
        return this.#cursor - 1
      }
    }
    return undefined
  }

  /** Position of the newest record of a channel that a record of this kind supersedes. */
  newest({ channel, kind }: OutgoingRecord): number | undefined {
    const newest = this.#newest.get(channel)
    return kind === 'frame' ? newest?.frame : newest?.any
  }

  #isSuperseded(position: number): boolean {
    const record = this.#records.at(position)
    if (record === undefined) return false
    const newest = this.#newest.get(record.channel)
    if (newest === undefined) return false
    return record.kind === 'frame' ? newest.frame > position : newest.any > position
  }
}

interface ChannelRecords {
  at(position: number): OutgoingRecord | undefined
}

/**
 * Indexes the records of each channel in a queue. Created when a queue becomes full and kept only
 * until it is empty, so that it costs nothing in normal operation.
 */
export class ChannelPositions {
  readonly #records: ChannelRecords
  readonly #positions = new Map<string, number[]>()
  /** No record waits before this position. */
  #cursor: number

  /** Indexes the positions from `head` (inclusive) to `end` (exclusive). */
  constructor(records: ChannelRecords, head: number, end: number) {
    this.#records = records
    this.#cursor = head
    for (let position = head; position < end; position += 1) {
      const record = records.at(position)
      if (record !== undefined) this.pushed(record, position)
    }
  }

  pushed({ channel }: OutgoingRecord, position: number): void {
    const positions = this.#positions.get(channel)
    if (positions === undefined) this.#positions.set(channel, [position])
    else positions.push(position)
  }

  /** Restarts at the head: records that were in flight wait again. */
  restart(): void {
    this.#cursor = 0
  }

  /** Channel of the oldest record between `sent` and `end`; undefined if none waits. */
  oldest(sent: number, end: number): string | undefined {
    for (this.#cursor = Math.max(this.#cursor, sent); this.#cursor < end; this.#cursor += 1) {
      const record = this.#records.at(this.#cursor)
      if (record !== undefined) return record.channel
    }
    return undefined
  }

  /** Positions from `sent` on that hold records of a channel; those before it stay indexed. */
  of(channel: string, sent: number): readonly number[] {
    const positions = this.#positions.get(channel) ?? []
    const waiting = positions.filter((position) => position >= sent)
    this.#positions.set(
      channel,
      positions.filter((position) => position < sent),
    )
    return waiting
  }
}
