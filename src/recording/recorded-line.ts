/**
 * - `in`: a frame from the exchange;
 * - `out`: a frame that the client sent;
 * - `event`: what happened to the connection; `raw` is the JSON of a `ConnectionEvent`.
 */
export type LineDirection = 'in' | 'out' | 'event'

/** One line of a recording. */
export interface RecordedLine {
  /** Receipt or sending by the recorder's clock, whole epoch microseconds; null if unknown. */
  readonly receivedUs: number | null
  readonly direction: LineDirection
  /** The text of the frame, character for character. */
  readonly raw: string
}

/** An event of the connection. Names no host and holds no text of the operating system. */
export type ConnectionEvent =
  | { readonly event: 'open' }
  /** `result` is the result of the attempt, such as `http_503` or `dns`. */
  | { readonly event: 'connect_failed'; readonly result: string }
  /** Closed by the exchange, or lost. */
  | { readonly event: 'close'; readonly code: number; readonly reason: string }
  /** The recording ends here: what was missing until now did not come. */
  | { readonly event: 'end' }

/** Formats a line with its line end. */
export function formatLine({ receivedUs, direction, raw }: RecordedLine): string {
  return `${JSON.stringify({ recv_us: receivedUs, dir: direction, raw })}\n`
}

const DIRECTIONS: readonly unknown[] = ['in', 'out', 'event'] satisfies LineDirection[]

/**
 * Parses a line. A line without `dir` is a frame from the exchange.
 * @throws Error with the expected format, or the error of `JSON.parse`
 */
export function parseLine(text: string): RecordedLine {
  const entry: unknown = JSON.parse(text)
  if (typeof entry !== 'object' || entry === null) throw formatError()
  const { recv_us: receivedUs, dir = 'in', raw } = entry as Readonly<Record<string, unknown>>
  if (typeof raw !== 'string' || !DIRECTIONS.includes(dir)) throw formatError()
  const isTime = typeof receivedUs === 'number' && Number.isFinite(receivedUs)
  return { receivedUs: isTime ? receivedUs : null, direction: dir as LineDirection, raw }
}

function formatError(): Error {
  return new Error('expected {"recv_us": number|null, "dir": "in"|"out", "raw": text}')
}
