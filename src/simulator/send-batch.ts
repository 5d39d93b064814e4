import type { Duplex } from 'node:stream'

/**
 * Frames that are written to one socket in one turn travel in one system call. Between `open` and
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
