import { setImmediate } from 'node:timers/promises'
import type { SnapshotReader } from '../../model/snapshot.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { StreamMetrics } from '../metrics.ts'
import { StreamClient, type StreamSink } from './client.ts'
import { SubscribedBook } from './subscribed-book.ts'

/**
 * Interval between rounds. Above 100 ms, so that timer jitter never makes eleven events a second.
 */
const INTERVAL_MS = 105
/** Maximum interval after slow rounds. */
const MAX_INTERVAL_MS = 500
/** Pause after a round as a multiple of its duration: streams use at most 4 % of the event loop. */
const PAUSE_FACTOR = 24
/** Maximum time before a round yields to the event loop. */
const SLICE_MS = 5
/** Interval at which streams without names subscribe to new instruments. */
const DISCOVER_MS = 1000
const MAX_STREAMS = 500
/** Maximum number of names of a stream, and of live books for a stream without names. */
export const MAX_STREAM_NAMES = 50

export interface BroadcasterDeps {
  snapshots: SnapshotReader
  clock: Clock
  metrics: StreamMetrics
}

/**
 * Sends events to all streams in rounds. Each round reads each subscribed book once, encodes its changes
 * once, and writes them to every client that keeps up. The pipeline is not involved, and there are no
 * rounds without clients.
 */
export class Broadcaster {
  readonly #deps: BroadcasterDeps
  readonly #clients = new Set<StreamClient>()
  readonly #books = new Map<string, SubscribedBook>()
  #timer: Timer | null = null
  #isInRound = false
  #isStopped = false
  #roundMonotonicMs = Number.NEGATIVE_INFINITY
  #discoveredMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(deps: BroadcasterDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#clients.size
  }

  get hasCapacity(): boolean {
    return !this.#isStopped && this.#clients.size < MAX_STREAMS
  }

  /**
   * Opens a stream of the named instruments; null: of all current and future ones. The first events are
   * sent in the next round. Returns the function that closes the stream after the client has disconnected.
   */
  open(names: readonly string[] | null, sink: StreamSink): () => void {
    const now = this.#deps.clock.monotonicMs()
    const client = new StreamClient(sink, { isForAll: names === null }, now)
    for (const name of names ?? []) client.subscribe(this.#bookOf(name))
    // The next round subscribes a stream without names to its instruments.
    if (names === null) this.#discoveredMonotonicMs = Number.NEGATIVE_INFINITY
    this.#clients.add(client)
    this.#deps.metrics.open = this.#clients.size
    this.#schedule(0)
    return () => this.#remove(client)
  }

  /** Closes every stream permanently. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = null
    for (const client of [...this.#clients]) {
      this.#remove(client)
      client.sink.end()
    }
  }

  #remove(client: StreamClient): void {
    if (!this.#clients.delete(client)) return
    client.leave()
    this.#deps.metrics.open = this.#clients.size
    for (const [name, book] of this.#books) if (book.subscribers === 0) this.#books.delete(name)
  }

  #bookOf(name: string): SubscribedBook {
    let book = this.#books.get(name)
    if (book === undefined) {
      book = new SubscribedBook(name, this.#deps.snapshots)
      this.#books.set(name, book)
    }
    return book
  }

  #schedule(restMs: number): void {
    if (this.#timer !== null || this.#isInRound || this.#isStopped) return
    const { clock } = this.#deps
    const sinceMs = clock.monotonicMs() - this.#roundMonotonicMs
    const delayMs = Math.min(Math.max(INTERVAL_MS - sinceMs, restMs, 0), MAX_INTERVAL_MS)
    this.#timer = clock.setTimer(() => void this.#round(), Math.ceil(delayMs))
  }

  async #round(): Promise<void> {
    const { clock } = this.#deps
    this.#timer = null
    if (this.#clients.size === 0) return
    this.#isInRound = true
    this.#roundMonotonicMs = clock.monotonicMs()
    let busyMs = 0
    let sliceMonotonicMs = this.#roundMonotonicMs
    for (const step of this.#steps()) {
      step()
      const sliceMs = clock.monotonicMs() - sliceMonotonicMs
      if (sliceMs < SLICE_MS) continue
      busyMs += sliceMs
      await setImmediate()
      sliceMonotonicMs = clock.monotonicMs()
    }
    busyMs += clock.monotonicMs() - sliceMonotonicMs
    this.#isInRound = false
    if (this.#clients.size > 0) this.#schedule(busyMs * PAUSE_FACTOR)
  }

  /** The steps of a round. Clients may connect and disconnect between two steps. */
  *#steps(): Iterable<() => void> {
    yield () => this.#discover()
    for (const book of [...this.#books.values()]) {
      yield () => book.read(this.#deps.clock.monotonicMs())
    }
    for (const client of [...this.#clients]) {
      yield () => {
        if (this.#clients.has(client)) this.#flush(client)
      }
    }
  }

  #flush(client: StreamClient): void {
    if (client.flush(this.#deps.clock.monotonicMs()) === 'ok') return
    this.#deps.metrics.evictions.add()
    this.#remove(client)
    client.sink.destroy()
  }

  /** Subscribes streams without names to new instruments; closes them if too many books are live. */
  #discover(): void {
    const { clock, snapshots } = this.#deps
    const forAll = [...this.#clients].filter(({ isForAll }) => isForAll)
    const nowMs = clock.monotonicMs()
    if (forAll.length === 0 || nowMs - this.#discoveredMonotonicMs < DISCOVER_MS) return
    this.#discoveredMonotonicMs = nowMs
    const views = snapshots.instruments()
    const isTooMany = views.filter(({ state }) => state === 'live').length > MAX_STREAM_NAMES
    for (const client of forAll) {
      if (isTooMany) {
        // A client that reconnects is refused and must name its instruments.
        this.#remove(client)
        client.sink.end()
      } else for (const { instrument } of views) client.subscribe(this.#bookOf(instrument))
    }
  }
}
