import { Writable } from 'node:stream'
import type { PipelineView, StageView } from '../model/pipeline.ts'
import type { InstrumentView } from '../model/snapshot.ts'

const REFRESH_MS = 1000

/** Output of the demo: log lines, and in a terminal a status line below them. */
export class DemoTerminal {
  /** Destination of the log. */
  readonly output: Writable
  readonly #status: StatusLine | null
  readonly #write: (text: string) => void
  #timer: NodeJS.Timeout | undefined

  /** A stream that is not a terminal (a pipe, a file) gets plain lines without a status. */
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

  print(text: string): void {
    this.#write(text)
  }

  /** Updates the status every second from `reading`. */
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

/** The part of a terminal that a status line uses. */
interface Terminal {
  readonly columns?: number
  write(text: string): unknown
}

const CLEAR_LINE = '\r\u001B[2K'
/** Width if the terminal reports none or 0. */
const DEFAULT_COLUMNS = 80

/** A status line at the bottom of a terminal; other output appears above it. */
export class StatusLine {
  readonly #terminal: Terminal
  #line = ''

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Replaces the line, truncated to the width of the terminal: a wrapped line could not be cleared. */
  show(line: string): void {
    const columns = this.#terminal.columns || DEFAULT_COLUMNS
    this.#line = line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`
    this.#terminal.write(CLEAR_LINE + this.#line)
  }

  /** Writes complete lines above the status. */
  above(text: string): void {
    const isWhole = text.endsWith('\n')
    this.#terminal.write(`${CLEAR_LINE}${text}${isWhole ? '' : '\n'}${this.#line}`)
  }

  /** Clears the line permanently. */
  end(): void {
    this.#line = ''
    this.#terminal.write(CLEAR_LINE)
  }
}

/** One reading of the running demo. */
export interface DemoReading {
  /** Monotonic ms. */
  readonly readMs: number
  readonly instruments: readonly InstrumentView[]
  readonly pipeline: PipelineView
}

/** Formats the status of the demo in one line. Rates are since the reading before. */
export function statusText(reading: DemoReading, before: DemoReading): string {
  const { instruments, pipeline } = reading
  const live = instruments.filter(({ state }) => state === 'live').length
  const seconds = (reading.readMs - before.readMs) / 1000
  const frames = receivedFrames(reading) - receivedFrames(before)
  const total = pipeline.stages.find(({ stage }) => stage === 'total')
  return [
    `${live}/${instruments.length} books live${reasonsNotLive(instruments)}`,
    `${seconds > 0 ? Math.round(frames / seconds) : 0} frames/s`,
    `exchange to value ${lagText(total)}`,
    `topic lag ${topicLagText(pipeline)}`,
  ].join(' | ')
}

function receivedFrames({ pipeline }: DemoReading): number {
  return (pipeline.delivery ?? []).reduce((sum, { received }) => sum + received, 0)
}

/** Formats the most frequent state of the books that are not live. */
function reasonsNotLive(instruments: readonly InstrumentView[]): string {
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

/** Formats the highest lag of all partitions; unknown if the lag of one is unknown. */
function topicLagText({ partitions }: PipelineView): string {
  if (partitions === null || partitions.length === 0) return 'unknown'
  let greatest = 0
  for (const { lagSeconds } of partitions) {
    if (lagSeconds === null) return 'unknown'
    greatest = Math.max(greatest, lagSeconds)
  }
  return `${greatest.toFixed(1)} s`
}
