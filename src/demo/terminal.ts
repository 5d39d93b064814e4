import { Writable } from 'node:stream'
import type { PipelineView, StageView } from '../model/pipeline.ts'
import type { InstrumentView } from '../model/snapshot.ts'

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

  /** Shows the status again each second, from what `look` sees. */
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

/** What a status line needs of a terminal. */
interface Terminal {
  readonly columns?: number
  write(text: string): unknown
}

const CLEAR_LINE = '\r\u001B[2K'
/** Where the terminal does not say, or says 0. */
const DEFAULT_COLUMNS = 80

/** One line at the bottom of a terminal that is rewritten, with whatever else is written above it. */
export class StatusLine {
  readonly #terminal: Terminal
  #line = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Replaces the line; cut to the width of the terminal, as a wrapped one could not be taken back. */
  show(line: string): void {
    const columns = this.#terminal.columns || DEFAULT_COLUMNS
    this.#line = line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`
    this.#terminal.write(CLEAR_LINE + this.#line)
  }

  /** Writes whole lines that stay. */
  above(text: string): void {
    const isWhole = text.endsWith('\n')
    this.#terminal.write(`${CLEAR_LINE}${text}${isWhole ? '' : '\n'}${this.#line}`)
  }

  /** Takes the line away; what is written later stands alone. */
  end(): void {
    this.#line = ''
    this.#terminal.write(CLEAR_LINE)
  }
}

/** One look at the running demo. */
export interface DemoReading {
  /** Monotonic ms. */
  readonly readMs: number
  readonly instruments: readonly InstrumentView[]
  readonly pipeline: PipelineView
}

/** What a person wants to know of the demo, in one line; rates since the look before. */
export function statusText(reading: DemoReading, before: DemoReading): string {
  const { instruments, pipeline } = reading
  const live = instruments.filter(({ state }) => state === 'live').length
  const seconds = (reading.readMs - before.readMs) / 1000
  const frames = receivedFrames(reading) - receivedFrames(before)
  const total = pipeline.stages.find(({ stage }) => stage === 'total')
  return [
    `${live}/${instruments.length} books live${whyNot(instruments)}`,
    `${seconds > 0 ? Math.round(frames / seconds) : 0} frames/s`,
    `exchange to value ${lagText(total)}`,
    `topic lag ${topicLagText(pipeline)}`,
  ].join(' | ')
}

function receivedFrames({ pipeline }: DemoReading): number {
  return (pipeline.delivery ?? []).reduce((sum, { received }) => sum + received, 0)
}

/** The state that most books are in which are not live. */
function whyNot(instruments: readonly InstrumentView[]): string {
  const counts = new Map<string, number>()
  for (const { state, reason } of instruments) {
    if (state === 'live') continue
    const name = reason === null || reason === state ? state : `${state}: ${reason}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a)
  return most === undefined ? '' : ` (${most[0]})`
}

function lagText(stage: StageView | undefined): string {
  const { p50Ms = null, p99Ms = null } = stage ?? {}
  if (p50Ms === null || p99Ms === null) return 'not measured yet'
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
}

/** The partition most behind; one whose lag is not known makes the whole unknown. */
function topicLagText({ partitions }: PipelineView): string {
  if (partitions === null || partitions.length === 0) return 'unknown'
  let greatest = 0
  for (const { lagSeconds } of partitions) {
    if (lagSeconds === null) return 'unknown'
    greatest = Math.max(greatest, lagSeconds)
  }
  return `${greatest.toFixed(1)} s`
}
