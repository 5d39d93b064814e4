import type { Service } from '../api/service.ts'
import { Instant } from './instant.ts'
import type { Link } from './link.ts'
import type { Market } from './market.ts'
import { messageOf } from './message-of.ts'

/** Most names in one stream. */
export const MAX_SUBSCRIBED = 50
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 3000

export interface BookStreamDeps {
  service: Pick<Service, 'stream'>
  link: Link
  market: Market
}

/** One stream of the visible books; reconnects while the page is open. */
export class BookStream {
  readonly #deps: BookStreamDeps
  #wanted: readonly string[] = []
  #abort = new AbortController()
  #isRunning = false

  constructor(deps: BookStreamDeps) {
    this.#deps = deps
  }

  /** Subscribes these names; does nothing if they are the same, in any order. */
  subscribe(names: readonly string[]): void {
    const wanted = [...new Set(names)].slice(0, MAX_SUBSCRIBED).sort()
    if (wanted.join() === this.#wanted.join()) return
    this.#wanted = wanted
    this.#deps.market.subscribed = new Set(wanted)
    this.#abort.abort()
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    const { link } = this.#deps
    this.#isRunning = true
    let waitMs = FIRST_WAIT_MS
    while (this.#wanted.length > 0) {
      this.#abort = new AbortController()
      const { signal } = this.#abort
      try {
        await this.#read(signal, () => {
          waitMs = FIRST_WAIT_MS
        })
        link.streamProblem = 'the stream ended'
      } catch (error) {
        link.streamProblem = messageOf(error)
      }
      // Closed by the page to subscribe other names: reconnect without delay.
      if (signal.aborted) continue
      await rest(waitMs * (0.75 + Math.random() / 2), signal)
      waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
    }
    this.#isRunning = false
  }

  async #read(signal: AbortSignal, onEvent: () => void): Promise<void> {
    const { service, link, market } = this.#deps
    let last = new Instant()
    for await (const event of service.stream(this.#wanted, signal)) {
      // Data buffered in the socket is older than the sleep.
      if (last.hasSlept) throw new Error('this computer was asleep')
      last = new Instant()
      onEvent()
      link.streamProblem = null
      link.verify()
      market.apply(event)
    }
  }
}

function rest(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
