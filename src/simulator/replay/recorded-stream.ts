import { incrementalFrame, snapshotRows } from '../book-frame.ts'
import type { Delivery, Stream, Subscriber } from '../channels/stream.ts'
import type { Market } from '../market.ts'

/**
 * A recorded channel. Who comes before the first frame gets the recording as it is; who comes later
 * gets a fitting start: a snapshot of the replayed book, or the last picture again.
 */
export class RecordedStream implements Stream {
  readonly channel: string
  readonly instrument: string | null
  readonly subscribers = new Set<Subscriber>()
  readonly #kind: 'incremental' | 'picture' | 'other'
  readonly #market: Market | null
  readonly #delivery: Delivery
  readonly #onStart: () => void
  readonly #lastFrame: () => string | null

  constructor(
    options: {
      channel: string
      instrument: string | null
      kind: 'incremental' | 'picture' | 'other'
    },
    deps: {
      market: Market | null
      delivery: Delivery
      /** Newest frame of the channel as it was sent. */
      lastFrame(): string | null
      onStart(): void
    },
  ) {
    this.channel = options.channel
    this.instrument = options.instrument
    this.#kind = options.kind
    this.#market = deps.market
    this.#delivery = deps.delivery
    this.#lastFrame = () => deps.lastFrame()
    this.#onStart = () => deps.onStart()
  }

  start(subscriber: Subscriber): void {
    const frame = this.#initialFrame()
    if (frame !== null) this.#delivery.greet(this, subscriber, frame)
    this.#onStart()
  }

  close(): void {
    // The player goes on: time does not wait for subscribers.
  }

  publish(frame: string): void {
    this.#delivery.publish(this, frame)
  }

  #initialFrame(): string | null {
    if (this.#kind === 'picture') return this.#lastFrame()
    if (this.#kind === 'other' || this.#market === null || this.#market.changeId === 0) return null
    const { book, changeId, timestampMs, instrument } = this.#market
    const rows = { bids: snapshotRows(book.bids.levels), asks: snapshotRows(book.asks.levels) }
    const facts = { channel: this.channel, instrument: instrument.name, timestampMs, changeId }
    return incrementalFrame(facts, 'snapshot', rows, null)
  }
}
