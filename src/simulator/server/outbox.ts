import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock, Timer } from '../../time/clock.ts'

export interface OutboxOptions {
  /** A client with more unread bytes is disconnected. */
  maxBufferedBytes: number
}

export interface OutboxDeps {
  ws: WebSocket
  socket: Duplex
  batch: SendBatch
  link: LinkState
  clock: Clock
  /** Called when the client reads too slowly. */
  onTooSlow(): void
}

const MAX_HELD_FRAMES = 200_000

interface Held {
  readonly data: string | Buffer
  readonly dueMs: number
}

/** Sends frames to one client: at once, or delayed and in order. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #deps: OutboxDeps
  #held: Held[] = []
  #timer: Timer | null = null
  #isDead = false

  constructor(options: OutboxOptions, deps: OutboxDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Whether nothing reaches the client, not even a close frame. */
  get isSilenced(): boolean {
    return this.#deps.link.isSilent || this.#isDead
  }

  get bufferedBytes(): number {
    return this.#deps.ws.bufferedAmount
  }

  send(data: string | Buffer): void {
    const { link, clock } = this.#deps
    if (this.isSilenced) return
    if (link.delayMs === 0 && this.#held.length === 0) {
      this.#write(data)
      return
    }
    if (this.#held.length >= MAX_HELD_FRAMES) {
      this.#deps.onTooSlow()
      return
    }
    // First in, first out: a due frame waits for earlier frames that are not due yet.
    this.#held.push({ data, dueMs: clock.monotonicMs() + link.delayMs })
    this.#timer ??= this.#arm(link.delayMs)
  }

  /** Drops everything from now on, like a connection whose peer has disappeared. */
  silence(): void {
    this.#isDead = true
    this.stop()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#held = []
  }

  #arm(delayMs: number): Timer {
    return this.#deps.clock.setTimer(() => this.#release(), delayMs)
  }

  #release(): void {
    this.#timer = null
    const nowMs = this.#deps.clock.monotonicMs()
    const next = this.#held.findIndex(({ dueMs }) => dueMs > nowMs)
    const due = next === -1 ? this.#held : this.#held.slice(0, next)
    this.#held = next === -1 ? [] : this.#held.slice(next)
    for (const { data } of due) this.#write(data)
    const [first] = this.#held
    if (first !== undefined) this.#timer = this.#arm(Math.max(0, first.dueMs - nowMs))
  }

  #write(data: string | Buffer): void {
    const { ws, socket, batch } = this.#deps
    if (ws.readyState !== ws.OPEN) return
    if (ws.bufferedAmount > this.#options.maxBufferedBytes) {
      this.#deps.onTooSlow()
      return
    }
    batch.hold(socket)
    ws.send(data, { binary: false })
  }
}

/**
 * Sends the frames written to one socket in one tick with one system call. Between `open` and
 * `close` every socket that is written to is corked once.
 */
export class SendBatch {
  readonly #corked = new Set<Duplex>()
  #isOpen = false

  open(): void {
    this.#isOpen = true
  }

  hold(socket: Duplex): void {
    if (!this.#isOpen || this.#corked.has(socket)) return
    socket.cork()
    this.#corked.add(socket)
  }

  close(): void {
    this.#isOpen = false
    for (const socket of this.#corked) socket.uncork()
    this.#corked.clear()
  }
}

/** State of the network between the exchange and its clients; scenarios change it. */
export class LinkState {
  /** Delay of every frame to a client, ms. */
  delayMs = 0
  /** Delay of every request, ms. */
  requestDelayMs = 0
  /** Nothing is sent or answered; frames in this time are lost. */
  isSilent = false
}
