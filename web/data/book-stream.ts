import type { Service } from '../api/service.ts'
import { Instant } from './instant.ts'
import type { Link } from './link.ts'
import type { Market } from './market.ts'
import { messageOf } from './message-of.ts'

/** The most names that a stream takes. */
export const MAX_SUBSCRIBED = 50
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 3000

export interface BookStreamDeps {
  service: Pick<Service, 'stream'>
  link: Link
  market: Market
}

/** One stream of the books that are in sight, opened again for as long as the page is there. */
export class BookStream {
  readonly #deps: BookStreamDeps
  #wanted: readonly string[] = []
  #abort = new AbortController()
  #isRunning = false

  constructor(deps: BookStreamDeps) {
    this.#deps = deps
  }

  /** From now on these; nothing happens where they are the same, in whatever order. */
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
      // Ended by ourselves, to follow others: they need not wait.
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
      // What waited in the socket is of before the sleep.
      if (last.hasSlept) throw new Error('the machine slept')
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
