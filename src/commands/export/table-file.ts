import { randomUUID } from 'node:crypto'
import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import process from 'node:process'
import { AppError, messageOf } from '../../errors.ts'
import type { Column, Row } from './columns.ts'
import { csvEncoding, type LineEncoding, ndjsonEncoding } from './line-encodings.ts'
import { ParquetEncoder } from './parquet-encoder.ts'

export const FORMATS = ['parquet', 'csv', 'ndjson'] as const
export type Format = (typeof FORMATS)[number]

/** Bytes of text that are written together. */
const CHUNK_CHARACTERS = 1 << 18

/**
 * A table that gets its final name only when it is complete: what fails half way leaves no file, nor
 * does a process that ends before. Writing is synchronous, so that rows cannot pile up in memory.
 */
export class TableFile {
  readonly #name: string
  readonly #file: string
  readonly #partial: string
  readonly #fd: number
  readonly #encoder: Encoder
  readonly #onExit = (): void => this.discard()
  #rows = 0
  #isOpen = true

  /** @throws AppError `ERR_OUTPUT` if the file cannot be created */
  constructor(file: string, format: Format, columns: readonly Column[]) {
    this.#name = file
    this.#file = this.#guarded(() => writableFile(file))
    // Not only the process id: those of containers that share a volume are all 1.
    this.#partial = `${this.#file}.partial-${randomUUID().slice(0, 8)}`
    this.#fd = this.#guarded(() => openSync(this.#partial, 'wx'))
    process.on('exit', this.#onExit)
    const write = (bytes: Uint8Array): void => {
      this.#guarded(() => writeWhole(this.#fd, bytes))
    }
    this.#encoder = createEncoder(format, columns, write)
  }

  get rows(): number {
    return this.#rows
  }

  /** @throws AppError `ERR_OUTPUT`, such as for a full disk */
  add(row: Row): void {
    this.#rows += 1
    this.#encoder.add(row)
  }

  /** Completes the table and gives it its name. @throws AppError `ERR_OUTPUT` */
  finish(): void {
    try {
      this.#encoder.finish()
      this.#close()
      this.#guarded(() => renameSync(this.#partial, this.#file))
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /** Removes what was written. Idempotent. */
  discard(): void {
    this.#close()
    rmSync(this.#partial, { force: true })
  }

  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.off('exit', this.#onExit)
    closeSync(this.#fd)
  }

  #guarded<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      const text = `${this.#name}: cannot be written: ${messageOf(error)}`
      throw new AppError('ERR_OUTPUT', text, { cause: error })
    }
  }
}

/**
 * The file to be replaced: of a symbolic link its target.
 * @throws Error for what is no regular file: the table would take the place of a device or a pipe
 */
function writableFile(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return file
  if (!stats.isFile()) throw new Error('it exists and is not a regular file')
  return realpathSync(file)
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

interface Encoder {
  add(row: Row): void
  finish(): void
}

type Write = (bytes: Uint8Array) => void

function createEncoder(format: Format, columns: readonly Column[], write: Write): Encoder {
  switch (format) {
    case 'csv':
      return new LineEncoder(write, csvEncoding(columns))
    case 'ndjson':
      return new LineEncoder(write, ndjsonEncoding(columns))
    case 'parquet':
      return new ParquetEncoder(columns, write)
  }
}

/** Encodes a row as a line. */
class LineEncoder implements Encoder {
  readonly #write: Write
  readonly #encode: LineEncoding['encode']
  #text: string

  constructor(write: Write, { head, encode }: LineEncoding) {
    this.#write = write
    this.#encode = encode
    this.#text = head
  }

  add(row: Row): void {
    this.#text += this.#encode(row)
    if (this.#text.length >= CHUNK_CHARACTERS) this.finish()
  }

  finish(): void {
    this.#write(Buffer.from(this.#text))
    this.#text = ''
  }
}
