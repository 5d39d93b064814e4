import { AppError, messageOf } from '../errors.ts'
import { parseLine, type RecordedLine } from './recorded-line.ts'

/** A longer line is invalid. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024

export interface NumberedLine extends RecordedLine {
  /** Line in the file, from 1. */
  readonly line: number
}

/**
 * Splits the bytes of a recording into lines and parses them. A byte order mark, CRLF line ends and
 * empty lines are ignored. A last line that is cut off ends the recording with a warning.
 */
export class LineParser {
  readonly #name: string
  readonly #decoder = new TextDecoder('utf-8')
  #rest = ''
  #line = 0
  #warning: string | null = null

  /** @param name of the recording in errors and warnings */
  constructor(name: string) {
    this.#name = name
  }

  /** What is missing at the end of the recording; null if nothing is, and until `end` has run. */
  get warning(): string | null {
    return this.#warning
  }

  /** @throws AppError `ERR_USAGE` naming the invalid line; only `end` may be called after that */
  *push(bytes: Uint8Array): Generator<NumberedLine> {
    const texts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    const rest = texts.pop() ?? ''
    this.#rest = ''
    for (const text of texts) yield* this.#parse(text)
    this.#rest = rest
    if (this.#rest.length > MAX_LINE_CHARACTERS) {
      throw this.#error(this.#line + 1, `longer than ${MAX_LINE_CHARACTERS} characters`)
    }
  }

  /**
   * Parses what follows the last line end.
   * @param problem why the bytes ended early; null if they did not
   */
  *end(problem: string | null): Generator<NumberedLine> {
    const text = this.#rest + this.#decoder.decode()
    this.#rest = ''
    const before = this.#line
    try {
      if (text.trim() !== '') yield* this.#parse(text)
    } catch {
      this.#warning = `${this.#name}: line ${before + 1} is cut off, using the ${before} lines before it`
    }
    if (problem !== null) {
      this.#warning = `${this.#name}: ${problem}, using the ${this.#line} lines before that`
    }
  }

  *#parse(text: string): Generator<NumberedLine> {
    this.#line += 1
    if (text.trim() === '') return
    let parsed: RecordedLine
    try {
      parsed = parseLine(text)
    } catch (error) {
      const failure = this.#error(this.#line, messageOf(error), error)
      this.#line -= 1
      throw failure
    }
    yield { ...parsed, line: this.#line }
  }

  #error(line: number, problem: string, cause?: unknown): AppError {
    const text = `${this.#name}: line ${line}: ${problem}`
    return new AppError('ERR_USAGE', text, { cause, context: { problems: [text] } })
  }
}
