import { Writable } from 'node:stream'
import { StatusLine, type Terminal } from './status-line.ts'
import { statusText, type DemoReading } from './status-text.ts'

const REFRESH_MS = 1000

/** Where the demo speaks to a person: lines that stay, and in a terminal a status below them. */
export class DemoTerminal {
  /** For the lines of the log. */
  readonly output: Writable
  readonly #status: StatusLine | null
  readonly #write: (text: string) => void
  #timer: NodeJS.Timeout | undefined

  /** Without a terminal (a pipe, a file) there is no status and nothing but plain lines. */
  constructor(stream: Terminal & { readonly isTTY?: boolean }) {
    const status = stream.isTTY === true ? new StatusLine(stream) : null
    this.#status = status
    this.#write = (text) => {
      if (status === null) stream.write(text)
      else status.above(text)
    }
    this.output = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        this.#write(chunk.toString())
        done()
      },
    })
  }

  say(text: string): void {
    this.#write(text)
  }

  /** Shows the status anew each second, from what `look` sees. */
  start(reading: () => DemoReading): void {
    const status = this.#status
    if (status === null) return
    let before = reading()
    this.#timer = setInterval(() => {
      const now = reading()
      status.show(statusText(now, before))
      before = now
    }, REFRESH_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#status?.end()
  }
}
