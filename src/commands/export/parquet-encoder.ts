import { zstdCompressSync } from 'node:zlib'
import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { Column, Row, Value } from './columns.ts'

/** Rows of a Parquet row group, which is kept in memory. */
const GROUP_ROWS = 10_000

const PARQUET_TYPES = {
  text: 'STRING',
  time: 'TIMESTAMP',
  integer: 'INT64',
  number: 'DOUBLE',
  flag: 'BOOLEAN',
} as const satisfies Record<Column['type'], BasicType>

/** Encodes groups of rows as columns, compressed with Zstandard. */
export class ParquetEncoder {
  readonly #buffers: readonly ColumnBuffer[]
  readonly #write: (bytes: Uint8Array) => void
  readonly #bytes = new ByteWriter()
  readonly #parquet: ParquetWriter
  #rows = 0

  constructor(columns: readonly Column[], write: (bytes: Uint8Array) => void) {
    this.#buffers = columns.map(createBuffer)
    this.#write = write
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
    for (const buffer of this.#buffers) buffer.set(this.#rows, row)
    this.#rows += 1
    if (this.#rows === GROUP_ROWS) this.#flushGroup()
  }

  finish(): void {
    this.#flushGroup()
    void this.#parquet.finish()
    this.#drain()
  }

  #flushGroup(): void {
    if (this.#rows === 0) return
    void this.#parquet.write({ columnData: this.#columnData(), rowGroupSize: GROUP_ROWS })
    this.#rows = 0
    this.#drain()
  }

  /** Writes out what the library has encoded; offsets in the file continue. */
  #drain(): void {
    this.#write(new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index))
    this.#bytes.index = 0
  }

  #columnData() {
    return this.#buffers.map(({ name, type, valuesOf }) => ({
      name,
      type: PARQUET_TYPES[type],
      nullable: true,
      data: valuesOf(this.#rows),
      // Nobody looks for a range of numbers, and the search for the extremes takes time.
      statistics: type !== 'number',
    }))
  }
}

type ColumnValues = Parameters<ParquetWriter['write']>[0]['columnData'][number]['data']

/** Values of one column of the row group that is being filled. */
interface ColumnBuffer extends Pick<Column, 'name' | 'type'> {
  readonly set: (index: number, row: Row) => void
  /** The first `count` values as the library takes them: bigints for integers and times. */
  readonly valuesOf: (count: number) => ColumnValues
}

function createBuffer(column: Column): ColumnBuffer {
  return column.type === 'text' || column.type === 'flag'
    ? createValueBuffer(column)
    : createNumberBuffer(column)
}

function createValueBuffer({ name, type, read }: Column): ColumnBuffer {
  const values: Value[] = []
  return {
    name,
    type,
    set: (index, row) => {
      values[index] = read(row)
    },
    valuesOf: (count) => values.slice(0, count),
  }
}

/** Numbers without an object each: a group would be copied several times by the garbage collection. */
function createNumberBuffer({ name, type, read }: Column): ColumnBuffer {
  const numbers = new Float64Array(GROUP_ROWS)
  const isWhole = type !== 'number'
  // No value of a table is NaN, so it stands for null.
  const valueAt = (index: number): bigint | number | null => {
    const value = numbers[index] ?? NaN
    if (Number.isNaN(value)) return null
    return isWhole ? BigInt(value) : value
  }
  return {
    name,
    type,
    set: (index, row) => {
      const value = read(row)
      numbers[index] = typeof value === 'number' ? value : NaN
    },
    valuesOf: (count) => {
      const given = numbers.subarray(0, count)
      if (!isWhole && !given.includes(NaN)) return given
      return Array.from({ length: count }, (_, index) => valueAt(index))
    },
  }
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
