import { parseChannel } from '../../deribit/protocol/channels.ts'
import { checkpointFrames } from '../../deribit/protocol/checkpoint-frame.ts'
import { checkpointHeaders } from '../../model/checkpoint-headers.ts'
import type { RecordHeaders, TopicRecord } from '../../model/topic.ts'
import type { RecordedLine } from '../../recording/recorded-line.ts'

/** Producer id in the checkpoints that are made of a recording. */
const PRODUCER_ID = 'recording'
const CHANNEL = /"channel"\s*:\s*"([^"]+)"/
const CHANGE_ID = /"change_id"\s*:\s*(\d+)/
const TIMESTAMP = /"timestamp"\s*:\s*(\d+)/

export interface RecordedRecordsOptions {
  booksTopic: string
  tradesTopic: string
  /** A book without a frame for this long is confirmed by the other frames, ms. */
  checkpointMs: number
}

interface RecordedBook {
  readonly channel: string
  readonly isGrouped: boolean
  value: Buffer
  changeId: number
  exchangeTimeMs: number
  /** Timestamp of the last record of the book, epoch ms. */
  timestampMs: number
}

/**
 * Makes the records that a producer would have written of the recorded frames. Of several book
 * channels of an instrument it uses the first one recorded.
 */
export class RecordedRecords {
  readonly #options: RecordedRecordsOptions
  readonly #books = new Map<string, RecordedBook>()
  #offset = 0
  #checkedMs = 0

  constructor(options: RecordedRecordsOptions) {
    this.#options = options
  }

  /** Records of a line, in order: checkpoints that are due, then the frame. */
  of({ direction, raw, receivedUs }: RecordedLine): TopicRecord[] {
    if (direction !== 'in') return []
    const exchangeTimeMs = numberIn(raw, TIMESTAMP)
    const timestampMs = receivedUs === null ? exchangeTimeMs : Math.floor(receivedUs / 1000)
    if (timestampMs === null) return []
    const due = this.#checkpoints(timestampMs)
    const name = CHANNEL.exec(raw)?.[1] ?? ''
    const channel = parseChannel(name)
    if (channel.kind === 'other') return due
    const { instrument } = channel
    const value = Buffer.from(raw)
    if (channel.kind === 'trades') {
      const trades = this.#record(this.#options.tradesTopic, instrument, { value, timestampMs })
      return [...due, trades]
    }
    const known = this.#books.get(instrument)
    if (known !== undefined && known.channel !== name) return due
    const book = {
      channel: name,
      isGrouped: channel.kind === 'grouped',
      value,
      changeId: numberIn(raw, CHANGE_ID) ?? 0,
      exchangeTimeMs: exchangeTimeMs ?? 0,
      timestampMs,
    }
    this.#books.set(instrument, book)
    return [...due, this.#record(this.#options.booksTopic, instrument, { value, timestampMs })]
  }

  /** Checkpoints that are due: any frame verifies the books of its connection. */
  #checkpoints(nowMs: number): TopicRecord[] {
    const { checkpointMs, booksTopic } = this.#options
    if (nowMs - this.#checkedMs < checkpointMs / 2) return []
    this.#checkedMs = nowMs
    const records: TopicRecord[] = []
    for (const [instrument, book] of this.#books) {
      if (nowMs - book.timestampMs < checkpointMs) continue
      book.timestampMs = nowMs
      const value = book.isGrouped ? book.value : emptyChange(book, instrument)
      if (value === null) continue
      const headers = checkpointHeaders({
        verifiedAtMs: nowMs,
        producerId: PRODUCER_ID,
        clockOffset: null,
        instrumentState: null,
        isLast: false,
      })
      records.push(this.#record(booksTopic, instrument, { value, timestampMs: nowMs, headers }))
    }
    return records
  }

  #record(
    topic: string,
    key: string,
    rest: { value: Buffer; timestampMs: number; headers?: RecordHeaders },
  ): TopicRecord {
    this.#offset += 1
    return {
      topic,
      partition: 0,
      offset: String(this.#offset - 1),
      key,
      headers: undefined,
      arrivedTimeMs: rest.timestampMs,
      arrivedMonotonicMs: rest.timestampMs,
      isReplayed: false,
      isAtEnd: true,
      ...rest,
    }
  }
}

function emptyChange(book: RecordedBook, instrument: string): Buffer | null {
  const { channel, changeId, exchangeTimeMs } = book
  const last = { changeId, exchangeTimeMs }
  return checkpointFrames.writeEmptyChange(
    { channel, isWhole: true, last, levels: null },
    instrument,
  )
}

function numberIn(raw: string, pattern: RegExp): number | null {
  const digits = pattern.exec(raw)?.[1]
  return digits === undefined ? null : Number(digits)
}
