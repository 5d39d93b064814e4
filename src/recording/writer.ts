import { createWriteStream } from 'node:fs'
import process from 'node:process'
import type { Writable } from 'node:stream'
import { constants, createGzip, type Gzip } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'
import { formatLine, type RecordedLine } from './recorded-line.ts'

/** Name of the standard output. */
const STANDARD_OUTPUT = '-'
/** Limit of the text that waits for the disk: the socket cannot be slowed down. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024
/** Interval at which compressed data is written out, so that a killed recorder loses little. */
const FLUSH_MS = 1000

/** Writes a recording, compressed if its name ends in `.gz`. After a failure lines are dropped. */
export class RecordingWriter {
  readonly #file: string
  readonly #onError: (error: AppError) => void
  readonly #target: Writable
  readonly #gzip: Gzip | null
  readonly #closed: Promise<void>
  #timer: NodeJS.Timeout | undefined
  #failure: AppError | null = null
  #bytes = 0
  #lines = 0

  /**
   * @param file path, or `-` for the standard output
   * @param onError called at most once, with `ERR_OUTPUT`
   */
  constructor(file: string, onError: (error: AppError) => void) {
    this.#file = file
    this.#onError = onError
    const target = file === STANDARD_OUTPUT ? process.stdout : createWriteStream(file)
    this.#target = target
    this.#closed = new Promise((resolve) => {
      target.once('close', resolve)
      target.once('error', () => resolve())
    })
    target.on('error', (error) => this.#fail(messageOf(error), error))
    this.#gzip = file.endsWith('.gz') ? createGzip() : null
    const gzip = this.#gzip
    if (gzip === null) return
    gzip.pipe(target)
    this.#timer = setInterval(() => gzip.flush(constants.Z_SYNC_FLUSH), FLUSH_MS)
  }

  /** Bytes of the lines, before compression. */
  get bytes(): number {
    return this.#bytes
  }

  get lines(): number {
    return this.#lines
  }

  write(line: RecordedLine): void {
    if (this.#failure !== null) return
    const text = formatLine(line)
    this.#bytes += Buffer.byteLength(text)
    this.#lines += 1
    this.#stream.write(text)
    if (this.#stream.writableLength > MAX_WAITING_BYTES) {
      this.#fail(`${MAX_WAITING_BYTES} bytes wait to be written, the disk is too slow`)
    }
  }

  /** Writes everything out. @throws AppError `ERR_OUTPUT` with the first failure */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#failure === null) {
      if (this.#target === process.stdout) await flushed(this.#target)
      else {
        this.#stream.end()
        await this.#closed
      }
    }
    this.#throwFailure()
  }

  get #stream(): Writable {
    return this.#gzip ?? this.#target
  }

  #fail(problem: string, cause?: unknown): void {
    if (this.#failure !== null) return
    clearInterval(this.#timer)
    this.#failure = new AppError('ERR_OUTPUT', `${this.#file}: cannot be written: ${problem}`, {
      cause,
    })
    this.#onError(this.#failure)
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }
}

/** Waits until everything is written to the standard output, which cannot be closed. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
