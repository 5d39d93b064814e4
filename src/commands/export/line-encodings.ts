import type { Column, Row, Value } from './columns.ts'

/** How rows become lines of text. */
export interface LineEncoding {
  /** Text before the first row. */
  readonly head: string
  /** Line of a row, with its end. */
  readonly encode: (row: Row) => string
}

/** CSV: empty for null, times are ISO 8601 in UTC. No value needs quotes. */
export function csvEncoding(columns: readonly Column[]): LineEncoding {
  const writers = columns.map(({ type, read }) => {
    const isoOf = createIsoText()
    return (row: Row): string => {
      const value = read(row)
      if (value === null) return ''
      return type === 'time' && typeof value === 'number' ? isoOf(value) : String(value)
    }
  })
  const head = `${columns.map(({ name }) => name).join(',')}\n`
  return { head, encode: (row) => joined(writers, row, '', '\n') }
}

/** A JSON object a line; times are epoch ms. */
export function ndjsonEncoding(columns: readonly Column[]): LineEncoding {
  const writers = columns.map(({ name, read }) => {
    const label = `${JSON.stringify(name)}:`
    return (row: Row): string => label + jsonText(read(row))
  })
  return { head: '', encode: (row) => joined(writers, row, '{', '}\n') }
}

function joined(
  writers: readonly ((row: Row) => string)[],
  row: Row,
  start: string,
  end: string,
): string {
  let text = start
  for (let index = 0; index < writers.length; index += 1) {
    if (index > 0) text += ','
    text += writers[index]?.(row) ?? ''
  }
  return text + end
}

/** All numbers of a row are finite. */
function jsonText(value: Value): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

const SECOND_MS = 1000

/** Writes times as `Date.toISOString` does, and formats only the ms of those in the same second. */
function createIsoText(): (timeMs: number) => string {
  let second = NaN
  let start = ''
  return (timeMs) => {
    const ofSecond = Math.floor(timeMs / SECOND_MS)
    const ms = timeMs - ofSecond * SECOND_MS
    if (!Number.isInteger(ms)) return new Date(timeMs).toISOString()
    if (ofSecond !== second) {
      second = ofSecond
      start = new Date(ofSecond * SECOND_MS).toISOString().slice(0, -4)
    }
    return `${start}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
  }
}
