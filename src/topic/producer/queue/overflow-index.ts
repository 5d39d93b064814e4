import type { OutgoingRecord } from '../../../model/topic.ts'

interface ChannelRecords {
  /** Positions of all of them, increasing. */
  positions: number[]
  /** Position of the newest frame, and of the newest record of any kind; -1 = none. */
  newestFrame: number
  newest: number
}

interface Records {
  at(position: number): OutgoingRecord | undefined
}

/**
 * Indexes the records of a full queue by channel, to find what can be dropped: the records that a
 * later one supersedes, oldest first (a frame is superseded by a later frame of its channel, a
 * checkpoint by a later record of any kind), or all records of a channel. Created when a queue
 * becomes full and kept only until it is empty, so that it costs nothing in normal operation. Each
 * record is checked once, however often the queue is full.
 */
export class OverflowIndex {
  readonly #records: Records
  readonly #channels = new Map<string, ChannelRecords>()
  /** Positions before this were checked for being superseded. */
  #checked: number
  /** Checked positions that were superseded since. */
  #late: number[] = []
  /** No record waits before this position. */
  #oldest: number

  /** Indexes the positions from `head` (inclusive) to `end` (exclusive). */
  constructor(records: Records, head: number, end: number) {
    this.#records = records
    this.#checked = head
    this.#oldest = head
    for (let position = head; position < end; position += 1) {
      const record = records.at(position)
      if (record !== undefined) this.add(record, position)
    }
  }

  add({ channel, kind }: OutgoingRecord, position: number): void {
    const known = this.#channels.get(channel)
    if (known === undefined) {
      const newestFrame = kind === 'frame' ? position : -1
      this.#channels.set(channel, { positions: [position], newestFrame, newest: position })
      return
    }
    const { newestFrame, newest } = known
    known.positions.push(position)
    known.newest = position
    if (kind === 'frame') known.newestFrame = position
    if (newest < this.#checked) this.#late.push(newest)
    if (newestFrame !== newest && newestFrame < this.#checked) this.#late.push(newestFrame)
  }

  /** Restarts the search at the head: records that were in flight wait again. */
  restart(): void {
    this.#checked = 0
    this.#late = []
    this.#oldest = 0
  }

  /**
   * Position of the next superseded record between `sent` and `end`; undefined if there is none.
   */
  nextSuperseded(sent: number, end: number): number | undefined {
    for (let late = this.#late.pop(); late !== undefined; late = this.#late.pop()) {
      if (late >= sent && this.#isSuperseded(late)) return late
    }
    this.#checked = Math.max(this.#checked, sent)
    for (; this.#checked < end; this.#checked += 1) {
      if (this.#isSuperseded(this.#checked)) {
        this.#checked += 1
        return this.#checked - 1
      }
    }
    return undefined
  }

  /** Position of the newest record of a channel that a record of this kind supersedes. */
  newest({ channel, kind }: OutgoingRecord): number | undefined {
    const known = this.#channels.get(channel)
    return kind === 'frame' ? known?.newestFrame : known?.newest
  }

  /** Channel of the oldest record between `sent` and `end`; undefined if none waits. */
  oldestChannel(sent: number, end: number): string | undefined {
    for (this.#oldest = Math.max(this.#oldest, sent); this.#oldest < end; this.#oldest += 1) {
      const record = this.#records.at(this.#oldest)
      if (record !== undefined) return record.channel
    }
    return undefined
  }

  /** Dequeues the positions of a channel from `sent` on; those before it stay indexed. */
  dequeue(channel: string, sent: number): readonly number[] {
    const known = this.#channels.get(channel)
    if (known === undefined) return []
    const waiting = known.positions.filter((position) => position >= sent)
    known.positions = known.positions.filter((position) => position < sent)
    return waiting
  }

  #isSuperseded(position: number): boolean {
    const record = this.#records.at(position)
    if (record === undefined) return false
    const known = this.#channels.get(record.channel)
    if (known === undefined) return false
    return record.kind === 'frame' ? known.newestFrame > position : known.newest > position
  }
}
