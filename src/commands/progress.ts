import type { Writable } from 'node:stream'
import { StatusLine } from '../demo/terminal.ts'

const REFRESH_MS = 1000
/** Interval of plain lines. */
const LINE_MS = 10_000

/** Shows the progress of a command: a status line on a terminal, else a line every 10 s. */
export class Progress {
  readonly #stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly #status: StatusLine | null
  readonly #read: () => string
  readonly #timer: NodeJS.Timeout

  constructor(
    stream: Writable & { readonly isTTY?: boolean; readonly columns?: number },
    read: () => string,
  ) {
    this.#stream = stream
    this.#read = read
    this.#status = stream.isTTY === true ? new StatusLine(stream) : null
    const everyMs = this.#status === null ? LINE_MS : REFRESH_MS
    this.#timer = setInterval(() => this.#show(), everyMs).unref()
  }

  /** Writes a line above the status. */
  print(text: string): void {
    if (this.#status === null) this.#stream.write(`${text}\n`)
    else this.#status.above(`${text}\n`)
  }

  /** Ends the progress and writes a last line. */
  end(text: string): void {
    clearInterval(this.#timer)
    this.#status?.end()
    this.#stream.write(`${text}\n`)
  }

  #show(): void {
    const text = this.#read()
    if (this.#status === null) this.#stream.write(`${text}\n`)
    else this.#status.show(text)
  }
}
