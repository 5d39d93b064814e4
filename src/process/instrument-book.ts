import { computeBookNumbers } from '../analytics/book-numbers.ts'
import { ChannelBook, type Verdict } from '../book/channel-book.ts'
import type { BookFrame } from '../model/frame.ts'
import type { BookNumbers, InstrumentView, SnapshotView } from '../model/snapshot.ts'
import type { TopicRecord } from '../model/topic.ts'
import type { StateView } from '../model/state.ts'
import { BookState, type BookStateDeps } from './book-state.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { ExchangeClock } from './exchange-clock.ts'
import type { Instant } from './instant.ts'
import { LineOwner } from './line-owner.ts'
import type { BookCounters } from './metrics.ts'

/** One record of the book topic, read and judged as far as it needs no book. */
export interface BookRecord {
  readonly record: TopicRecord
  readonly frame: BookFrame
  /** null for an ordinary record. */
  readonly checkpoint: Checkpoint | null
}

export interface InstrumentBookOptions {
  instrument: string
  partition: number
  staleAfterMs: number
  maxRecordAgeMs: number
  imbalanceDepths: readonly number[]
}

export interface InstrumentBookDeps extends BookStateDeps {
  counters: BookCounters
  exchangeClock: ExchangeClock
  amountUnitOf(instrument: string): string | null
}

/** The stamps of the record that made the values; written anew by each, as records come in floods. */
interface Publication {
  isCheckpoint: boolean
  exchangeTimeMs: number
  timestampMs: number
  publishedTimeMs: number
  topic: string
  partition: number
  offset: string
}

/**
 * The book of one instrument as its records tell it. Every reading is judged at the moment of the
 * reading: no timer has to fire for a value to go.
 */
export class InstrumentBook {
  readonly instrument: string
  readonly partition: number
  readonly #options: InstrumentBookOptions
  readonly #deps: InstrumentBookDeps
  readonly #state: BookState
  readonly #owner: LineOwner
  readonly #deepest: number
  #book: ChannelBook | null = null
  #published: Publication | null = null
  #numbers: BookNumbers | null = null
  #updatesTotal = 0
  #lastTimestampMs = Number.NEGATIVE_INFINITY
  #seenMonotonicMs: number

  constructor(options: InstrumentBookOptions, deps: InstrumentBookDeps, now: Instant) {
    this.instrument = options.instrument
    this.partition = options.partition
    this.#options = options
    this.#deps = deps
    this.#state = new BookState(options, deps, now)
    this.#owner = new LineOwner(options.staleAfterMs)
    this.#deepest = Math.max(...options.imbalanceDepths)
    this.#seenMonotonicMs = now.monotonicMs
  }

  /** Takes one record of this instrument. `now` is the moment at which its values become readable. */
  apply(taken: BookRecord, now: Instant): void {
    this.#seenMonotonicMs = now.monotonicMs
    const { record, frame, checkpoint } = taken
    // No record is of the future: one that says so, from a wrong clock, would outdo all after it.
    const timestampMs = Math.min(record.timestampMs, record.arrivedTimeMs)
    if (!this.#owner.admits(frame, checkpoint, timestampMs)) {
      this.#deps.counters.rejected('second_producer')
      return
    }
    const book = this.#channelBook(frame, timestampMs)
    if (book === null) return
    const verdict = book.take(frame, checkpoint !== null)
    this.#count(verdict, taken)
    if (book !== this.#book && !this.#adopt(book, verdict)) return
    this.#lastTimestampMs = Math.max(this.#lastTimestampMs, timestampMs)
    if (changesBook(verdict)) {
      this.#publish(taken, now)
      this.#numbers = null
    }
    const problem = this.#state.take({ verdict, book, record, checkpoint }, now)
    if (problem !== null && changesBook(verdict)) this.#deps.counters.rejected(problem)
  }

  state(now: Instant): StateView {
    return this.#state.at(now)
  }

  view(now: Instant): InstrumentView {
    return {
      ...this.#state.at(now),
      instrument: this.instrument,
      lastUpdateMs: this.#book?.last?.exchangeTimeMs ?? null,
      verifiedTimeMs: this.#state.verifiedTimeMs,
      updatesTotal: this.#updatesTotal,
    }
  }

  /** Milliseconds since the last record of this instrument, or since it became known. */
  unseenForMs(now: Instant): number {
    return now.monotonicMs - this.#seenMonotonicMs
  }

  /** The exchange has said, a minute ago, that this instrument is gone for good. */
  isOver(now: Instant): boolean {
    return this.#state.isOver(now)
  }

  /** The numbers of a live book; null in every other state. */
  liveNumbers(now: Instant): BookNumbers | null {
    return this.#state.at(now).state === 'live' ? this.#lastNumbers() : null
  }

  /** One atomic reading with at most `depth` levels a side; null before the first picture. */
  snapshot(depth: number, now: Instant): SnapshotView | null {
    const levels = this.#book?.levels ?? null
    const last = this.#book?.last ?? null
    const numbers = this.#lastNumbers()
    if (levels === null || last === null || numbers === null || this.#published === null)
      return null
    const { topic, partition, offset, timestampMs, publishedTimeMs } = this.#published
    return {
      ...this.view(now),
      ...numbers,
      amountUnit: this.#deps.amountUnitOf(this.instrument),
      changeId: last.changeId,
      exchangeTimeMs: last.exchangeTimeMs,
      receivedTimeMs: timestampMs,
      publishedTimeMs,
      ageMs: this.#deps.exchangeClock.ageMs(last.exchangeTimeMs, now),
      bids: levels.bids(depth),
      asks: levels.asks(depth),
      bidLevels: levels.bidCount,
      askLevels: levels.askCount,
      lagMs: this.#deps.exchangeClock.lagMs(this.#published),
      source: { topic, partition, offset },
    }
  }

  /**
   * The book of the record's channel. Another channel than ours (a producer with other settings) is
   * ignored while ours has records, so that two of them never alternate; then its first whole frame
   * takes over.
   */
  #channelBook(frame: BookFrame, timestampMs: number): ChannelBook | null {
    const current = this.#book
    if (current?.channel === frame.channel) return current
    if (current !== null) {
      const isCurrentSilent = timestampMs - this.#lastTimestampMs > this.#options.staleAfterMs
      if (!isCurrentSilent || frame.kind === 'change') {
        this.#deps.counters.rejected('second_producer')
        return null
      }
    }
    return new ChannelBook(frame.channel)
  }

  /** Goes over to the book of another channel, unless its first frame was not fit to be taken. */
  #adopt(book: ChannelBook, verdict: Verdict): boolean {
    if (this.#book !== null) {
      if (!changesBook(verdict)) return false
      this.#deps.counters.chainBroken('channel_change')
    }
    this.#book = book
    return true
  }

  #publish({ record, frame, checkpoint }: BookRecord, now: Instant): void {
    const { topic, partition, offset, timestampMs } = record
    this.#published ??= {
      isCheckpoint: false,
      exchangeTimeMs: 0,
      timestampMs: 0,
      publishedTimeMs: 0,
      topic,
      partition,
      offset,
    }
    const published = this.#published
    published.isCheckpoint = checkpoint !== null
    published.exchangeTimeMs = frame.exchangeTimeMs
    published.timestampMs = timestampMs
    published.publishedTimeMs = now.wallMs
    published.partition = partition
    published.offset = offset
  }

  #count(verdict: Verdict, { record, checkpoint }: BookRecord): void {
    const { counters } = this.#deps
    switch (verdict) {
      case 'new_sequence':
        counters.chainBroken('sequence_reset')
        break
      case 'gap':
        counters.chainBroken('gap')
        break
      case 'mismatch':
        counters.rejected('checkpoint_mismatch')
        break
      case 'duplicate':
      case 'non_finite':
      case 'negative':
      case 'unsorted':
        counters.rejected(verdict)
        break
      case 'accepted':
      case 'verified':
      case 'waiting':
        break
    }
    const isUpdate = verdict === 'accepted' || verdict === 'new_sequence'
    if (isUpdate && !record.isReplayed && checkpoint === null) this.#updatesTotal += 1
  }

  #lastNumbers(): BookNumbers | null {
    const levels = this.#book?.levels ?? null
    if (levels === null) return null
    this.#numbers ??= computeBookNumbers(
      levels.bids(this.#deepest),
      levels.asks(this.#deepest),
      this.#options.imbalanceDepths,
    )
    return this.#numbers
  }
}

function changesBook(verdict: Verdict): boolean {
  return verdict === 'accepted' || verdict === 'new_sequence' || verdict === 'mismatch'
}
