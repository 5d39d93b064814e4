import type { Clock, Timer } from '../../time/clock.ts'
import type { Random } from '../market/random.ts'

const TEST_REQUEST = '{"params":{"type":"test_request"},"method":"heartbeat","jsonrpc":"2.0"}'
const HEARTBEAT = '{"params":{"type":"heartbeat"},"method":"heartbeat","jsonrpc":"2.0"}'

export interface HeartbeatDeps {
  clock: Clock
  random: Random
  send(frame: string): void
  /** Called when a `test_request` is not answered in time. */
  onUnanswered(): void
}

/**
 * The exchange's side of the heartbeat, with the timing measured at an interval of 10 s: the first
 * `test_request` after 12.0 to 12.6 s, the next ones every 10.6 to 10.7 s whether the socket is idle
 * or busy, the end one interval after the first one unanswered; `heartbeat` only on an idle socket.
 */
export class Heartbeat {
  readonly #deps: HeartbeatDeps
  #intervalMs: number | null = null
  #testTimer: Timer | null = null
  #deadline: Timer | null = null
  #idleTimer: Timer | null = null
  #lastSentMs = 0

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps
  }

  get isSet(): boolean {
    return this.#intervalMs !== null
  }

  set(intervalSeconds: number): void {
    this.stop()
    this.#intervalMs = intervalSeconds * 1000
    this.#armTest(this.#intervalMs * (1.2 + 0.06 * this.#deps.random.next()))
    this.#lastSentMs = this.#deps.clock.monotonicMs()
    this.#armIdle(this.#intervalMs)
  }

  stop(): void {
    this.#intervalMs = null
    this.#testTimer?.cancel()
    this.#deadline?.cancel()
    this.#idleTimer?.cancel()
    this.#deadline = null
  }

  /** Called when the client sent `public/test`. */
  onTest(): void {
    this.#deadline?.cancel()
    this.#deadline = null
  }

  /** Called when something was sent: the socket is not idle. */
  onSent(): void {
    if (this.#intervalMs !== null) this.#lastSentMs = this.#deps.clock.monotonicMs()
  }

  #armTest(delayMs: number): void {
    this.#testTimer = this.#deps.clock.setTimer(() => {
      const intervalMs = this.#intervalMs
      if (intervalMs === null) return
      this.#deps.send(TEST_REQUEST)
      this.#deadline ??= this.#deps.clock.setTimer(() => {
        this.#deadline = null
        this.#deps.onUnanswered()
      }, intervalMs)
      this.#armTest(intervalMs * (1.06 + 0.01 * this.#deps.random.next()))
    }, delayMs)
  }

  #armIdle(delayMs: number): void {
    this.#idleTimer = this.#deps.clock.setTimer(() => {
      const intervalMs = this.#intervalMs
      if (intervalMs === null) return
      const idleMs = this.#deps.clock.monotonicMs() - this.#lastSentMs
      if (idleMs >= intervalMs) this.#deps.send(HEARTBEAT)
      this.#armIdle(idleMs >= intervalMs ? intervalMs : intervalMs - idleMs)
    }, delayMs)
  }
}
