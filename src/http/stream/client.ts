import type { ServerResponse } from 'node:http'
import { HEARTBEAT } from './events.ts'
import type { SubscribedBook } from './subscribed-book.ts'

/** Interval of comments, independent of other events. */
const HEARTBEAT_MS = 15_000
/** A connection that does not drain for this long is closed. */
const DRAIN_MS = 10_000

/** Destination of the bytes of a stream. */
export interface StreamSink {
  /** Whether the client has not received earlier data yet. Nothing is written meanwhile. */
  readonly needsDrain: boolean
  /** Writes chunks, which other sinks may share. */
  write(chunks: readonly Buffer[]): void
  end(): void
  /** Closes immediately and discards pending data. */
  destroy(): void
}

interface Sent {
  readonly book: SubscribedBook
  stateVersion: number
  snapshotVersion: number
}

/**
 * One client of a stream. Queues no events: it compares the versions it has sent with the current versions
 * of each book, so that a slow client gets only the newest state.
 */
export class StreamClient {
  readonly sink: StreamSink
  /** Whether it is subscribed to all instruments of this process. */
  readonly isForAll: boolean
  readonly #sent = new Map<string, Sent>()
  #heartbeatMonotonicMs: number
  #blockedMonotonicMs: number | null = null

  constructor(sink: StreamSink, options: { isForAll: boolean }, nowMonotonicMs: number) {
    this.sink = sink
    this.isForAll = options.isForAll
    this.#heartbeatMonotonicMs = nowMonotonicMs
  }

  subscribe(book: SubscribedBook): void {
    if (this.#sent.has(book.instrument)) return
    book.subscribers += 1
    this.#sent.set(book.instrument, { book, stateVersion: 0, snapshotVersion: 0 })
  }

  /** Unsubscribes from every book. */
  leave(): void {
    for (const { book } of this.#sent.values()) book.subscribers -= 1
    this.#sent.clear()
  }

  /** Sends new events; returns `stuck` if the connection has not drained for too long. */
  flush(nowMonotonicMs: number): 'ok' | 'stuck' {
    if (this.sink.needsDrain) {
      this.#blockedMonotonicMs ??= nowMonotonicMs
      return nowMonotonicMs - this.#blockedMonotonicMs >= DRAIN_MS ? 'stuck' : 'ok'
    }
    this.#blockedMonotonicMs = null
    const chunks = this.#updates()
    if (nowMonotonicMs - this.#heartbeatMonotonicMs >= HEARTBEAT_MS) {
      this.#heartbeatMonotonicMs = nowMonotonicMs
      chunks.push(HEARTBEAT)
    }
    if (chunks.length > 0) this.sink.write(chunks)
    return 'ok'
  }

  #updates(): Buffer[] {
    const chunks: Buffer[] = []
    for (const sent of this.#sent.values()) {
      const { book } = sent
      if (sent.stateVersion !== book.stateVersion) {
        sent.stateVersion = book.stateVersion
        chunks.push(book.stateEvent())
      }
      if (!book.isLive || sent.snapshotVersion === book.snapshotVersion) continue
      const event = book.snapshotEvent()
      if (event === null) continue
      sent.snapshotVersion = book.snapshotVersion
      chunks.push(event)
    }
    return chunks
  }
}

/** Wraps a response whose headers are already sent as a sink. */
export function createResponseSink(response: ServerResponse): StreamSink {
  return {
    get needsDrain() {
      return response.writableNeedDrain
    },
    write(chunks) {
      if (response.destroyed) return
      // One system call for all chunks, without a copy.
      response.cork()
      for (const chunk of chunks) response.write(chunk)
      response.uncork()
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  }
}
