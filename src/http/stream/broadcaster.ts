import { setImmediate } from 'node:timers/promises'
import type { SnapshotReader } from '../../model/snapshot.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { StreamMetrics } from '../metrics.ts'
import { StreamClient, type StreamSink } from './client.ts'
import { SubscribedBook } from './subscribed-book.ts'

/** A little above a tenth of a second: jitter must not make it eleven events in a second. */
const INTERVAL_MS = 105
/** Rounds that take long come less often, down to this. */
const MAX_INTERVAL_MS = 500
/** After a round the streams rest so many times as long as it took: they get 4 % of the event loop. */
const REST_FACTOR = 24
/** Longest piece of a round before the event loop gets a turn. */
const SLICE_MS = 5
/** Streams without names look for new instruments so often. */
const DISCOVER_MS = 1000
const MAX_STREAMS = 500
/** Live books that a stream without names may follow. */
export const MAX_STREAM_NAMES = 50

export interface BroadcasterDeps {
  snapshots: SnapshotReader
  clock: Clock
  metrics: StreamMetrics
}

/**
 * Feeds all streams in rounds: looks at each followed book once, writes what is new of it once, and
 * hands that to each client that keeps up. The pipeline knows nothing of it, and without clients there
 * are no rounds.
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
   * Begins a stream of the named instruments, or with null of all there are and will be. The first
   * events come with the next round. Gives what ends it, for when the client is gone.
   */
  open(names: readonly string[] | null, sink: StreamSink): () => void {
    const now = this.#deps.clock.monotonicMs()
    const client = new StreamClient(sink, { isForAll: names === null }, now)
    for (const name of names ?? []) client.subscribe(this.#bookOf(name))
    // The next round looks for what a stream without names follows.
    if (names === null) this.#discoveredMonotonicMs = Number.NEGATIVE_INFINITY
    this.#clients.add(client)
    this.#deps.metrics.open = this.#clients.size
    this.#schedule(0)
    return () => this.#remove(client)
  }

  /** Ends every stream, for good. */
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
    for (const [name, book] of this.#books) if (book.followers === 0) this.#books.delete(name)
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
    if (this.#clients.size > 0) this.#schedule(busyMs * REST_FACTOR)
  }

  /** The round in small pieces; between two of them clients may come and go. */
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

  /** Streams without names follow new instruments too, as long as these are few. */
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
        // Who comes back is told to name what it wants.
        this.#remove(client)
        client.sink.end()
      } else for (const { instrument } of views) client.subscribe(this.#bookOf(instrument))
    }
  }
}
