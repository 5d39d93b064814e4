import type { OutgoingRecord } from '../model/topic.ts'

interface ChannelRecords {
  at(position: number): OutgoingRecord | undefined
}

/**
 * Where the records of each channel are in a queue. Made when a queue reaches its bound and kept only
 * until it is empty, so that ordinary operation pays nothing for it.
 */
export class ChannelPositions {
  readonly #records: ChannelRecords
  readonly #positions = new Map<string, number[]>()
  /** No record waits before this position. */
  #cursor: number

  /** Looks at the positions from `head` to before `end`. */
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

  /** Begins again at the head: records that were in flight wait once more. */
  restart(): void {
    this.#cursor = 0
  }

  /** Channel of the oldest record between `sent` and `end`; undefined where none waits. */
  oldest(sent: number, end: number): string | undefined {
    for (this.#cursor = Math.max(this.#cursor, sent); this.#cursor < end; this.#cursor += 1) {
      const record = this.#records.at(this.#cursor)
      if (record !== undefined) return record.channel
    }
    return undefined
  }

  /** Positions from `sent` on that hold records of a channel; those before it stay known. */
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
