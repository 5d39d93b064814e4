import { randomUUID } from 'node:crypto'
import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import process from 'node:process'
import { zstdCompressSync } from 'node:zlib'
import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { AppError, messageOf } from '../../errors.ts'
import type { Value, Column, Row } from './columns.ts'

export const FORMATS = ['parquet', 'csv', 'ndjson'] as const
export type Format = (typeof FORMATS)[number]

/** Bytes of text that are written together. */
const CHUNK_CHARACTERS = 1 << 18
/** Rows of a Parquet row group, which is kept in memory. */
const GROUP_ROWS = 20_000

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
      return new LineEncoder(write, `${columns.map(({ name }) => name).join(',')}\n`, (row) =>
        columns.map((column) => csvText(column, column.read(row))).join(','),
      )
    case 'ndjson':
      return new LineEncoder(write, '', (row) =>
        JSON.stringify(Object.fromEntries(columns.map(({ name, read }) => [name, read(row)]))),
      )
    case 'parquet':
      return new ParquetEncoder(columns, write)
  }
}

/** Encodes a row as a line. */
class LineEncoder implements Encoder {
  readonly #write: Write
  readonly #encode: (row: Row) => string
  #text: string

  constructor(write: Write, head: string, encode: (row: Row) => string) {
    this.#write = write
    this.#encode = encode
    this.#text = head
  }

  add(row: Row): void {
    this.#text += `${this.#encode(row)}\n`
    if (this.#text.length >= CHUNK_CHARACTERS) this.finish()
  }

  finish(): void {
    this.#write(Buffer.from(this.#text))
    this.#text = ''
  }
}

/** Empty for null. Times are ISO 8601 in UTC. No value needs quotes. */
function csvText({ type }: Column, value: Value): string {
  if (value === null) return ''
  return type === 'time' && typeof value === 'number'
    ? new Date(value).toISOString()
    : String(value)
}

const PARQUET_TYPES = {
  text: 'STRING',
  time: 'TIMESTAMP',
  integer: 'INT64',
  number: 'DOUBLE',
  flag: 'BOOLEAN',
} as const satisfies Record<Column['type'], BasicType>

/** Encodes groups of rows as columns, compressed with Zstandard. */
class ParquetEncoder implements Encoder {
  readonly #columns: readonly Column[]
  readonly #write: Write
  readonly #bytes = new ByteWriter()
  readonly #parquet: ParquetWriter
  #data: unknown[][]

  constructor(columns: readonly Column[], write: Write) {
    this.#columns = columns
    this.#write = write
    this.#data = columns.map(() => [])
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: withUtc(schemaFromColumnData({ columnData: this.#columnData() })),
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
      createdBy: 'orderbook-exporter',
      kvMetadata: [],
    })
  }

  add(row: Row): void {
    for (const [index, { type, read }] of this.#columns.entries()) {
      this.#data[index]?.push(parquetValue(type, read(row)))
    }
    if (this.#data[0]?.length === GROUP_ROWS) this.#flushGroup()
  }

  finish(): void {
    this.#flushGroup()
    void this.#parquet.finish()
    this.#drain()
  }

  #flushGroup(): void {
    if (this.#data[0]?.length === 0) return
    void this.#parquet.write({ columnData: this.#columnData(), rowGroupSize: GROUP_ROWS })
    this.#data = this.#columns.map(() => [])
    this.#drain()
  }

  /** Writes out what the library has encoded; offsets in the file continue. */
  #drain(): void {
    this.#write(new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index))
    this.#bytes.index = 0
  }

  #columnData() {
    return this.#columns.map(({ name, type }, index) => ({
      name,
      data: this.#data[index] ?? [],
      type: PARQUET_TYPES[type],
      nullable: true,
    }))
  }
}

function parquetValue(type: Column['type'], value: Value): unknown {
  if (typeof value !== 'number') return value
  if (type === 'time') return new Date(value)
  return type === 'integer' ? BigInt(value) : value
}

type Schema = ReturnType<typeof schemaFromColumnData>

/** Marks timestamps as UTC: without this logical type some readers treat them as local times. */
function withUtc(schema: Schema): Schema {
  return schema.map((element) =>
    element.converted_type === 'TIMESTAMP_MILLIS'
      ? {
          ...element,
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' as const },
        }
      : element,
  )
}
