import type { ServerResponse } from 'node:http'
import { HEARTBEAT } from './events.ts'
import type { SubscribedBook } from './subscribed-book.ts'

/** A comment is sent so often, whatever else is. */
const HEARTBEAT_MS = 15_000
/** A client that does not take what was sent for so long is given up. */
const DRAIN_MS = 10_000

/** Where the bytes of a stream go. */
export interface StreamSink {
  /** The client has not taken yet what was written: nothing more is to be written. */
  readonly needsDrain: boolean
  /** The chunks may be shared with other sinks. */
  write(chunks: readonly Buffer[]): void
  end(): void
  /** Ends at once, whatever was not taken. */
  destroy(): void
}

interface Sent {
  readonly book: SubscribedBook
  stateVersion: number
  snapshotVersion: number
}

/**
 * One reader of a stream. It keeps no events: what it was sent of a book is compared with what the
 * book is now, so a reader that was slow gets the newest and nothing of what came before.
 */
export class StreamClient {
  readonly sink: StreamSink
  /** Follows whatever this process answers for. */
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
    book.followers += 1
    this.#sent.set(book.instrument, { book, stateVersion: 0, snapshotVersion: 0 })
  }

  /** Gives back every book that it followed. */
  leave(): void {
    for (const { book } of this.#sent.values()) book.followers -= 1
    this.#sent.clear()
  }

  /** Sends what is new; `stuck` where the client has not taken the last for too long. */
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

/** The response of a request, its head already sent, as the end of a stream. */
export function createResponseSink(response: ServerResponse): StreamSink {
  return {
    get needsDrain() {
      return response.writableNeedDrain
    },
    write(chunks) {
      if (response.destroyed) return
      // One call of the system for all of them, without a copy.
      response.cork()
      for (const chunk of chunks) response.write(chunk)
      response.uncork()
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  }
}
