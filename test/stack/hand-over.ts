import { compare, type Tops } from './exchange-comparison.ts'
import { liveIn, type MemberWatch, type Reading } from './member-watch.ts'

/** Maximum time between compared readings of different members. */
const SAME_TIME_MS = 100

/**
 * All values shown as live that were not true within `graceMs` before the reading, and the
 * largest age of the others.
 */
export function holdAgainst(
  tops: Tops,
  readings: readonly Reading[],
  graceMs: number,
): { lies: string[]; latestMs: number } {
  const lies: string[] = []
  let latestMs = 0
  for (const reading of readings) {
    for (const book of reading.books.values()) {
      if (book.state !== 'live') continue
      const { lie, lateMs } = compare(reading, book, tops)
      if (lie !== null) lies.push(lie)
      else if (lateMs > graceMs) {
        lies.push(`${reading.member} ${book.instrument}: over for ${Math.round(lateMs)} ms`)
      } else latestMs = Math.max(latestMs, lateMs)
    }
  }
  return { lies, latestMs: Math.round(latestMs) }
}

/** Every reading of a member in which one of `instruments` was not live, or its offset went back. */
export function interruptions(
  readings: readonly Reading[],
  instruments: readonly string[],
): string[] {
  const found: string[] = []
  const last = new Map<string, bigint>()
  for (const { member, askedMs, books } of readings) {
    for (const instrument of instruments) {
      const book = books.get(instrument)
      const before = last.get(instrument)
      const offset = book?.offset ?? null
      if (book?.state !== 'live') {
        found.push(`${member} ${instrument} ${book?.state ?? 'absent'} at ${askedMs}`)
      }
      if (offset === null) continue
      if (before !== undefined && offset < before) {
        found.push(`${member} ${instrument} back from ${before} to ${offset} at ${askedMs}`)
      }
      last.set(instrument, offset)
    }
  }
  return found
}

/** Longest time in which two members showed the same instrument as live, ms. */
export function longestOverlapMs(watch: MemberWatch, one: string, other: string): number {
  const since = new Map<string, number>()
  let longestMs = 0
  const others = watch.of(other)
  let index = 0
  for (const reading of watch.of(one)) {
    while ((others[index + 1]?.askedMs ?? Infinity) <= reading.askedMs) index += 1
    const beside = others[index]
    const isSameTime =
      beside !== undefined && Math.abs(beside.askedMs - reading.askedMs) <= SAME_TIME_MS
    const live = new Set(isSameTime ? liveIn(beside) : [])
    const both = liveIn(reading).filter((instrument) => live.has(instrument))
    for (const instrument of since.keys()) if (!both.includes(instrument)) since.delete(instrument)
    for (const instrument of both) {
      if (!since.has(instrument)) since.set(instrument, reading.askedMs)
      longestMs = Math.max(longestMs, reading.askedMs - (since.get(instrument) ?? 0))
    }
  }
  return longestMs
}

/** Longest time in which no live book of a member changed, ms: it consumed nothing. */
export function longestStandstillMs(readings: readonly Reading[]): number {
  let longestMs = 0
  let movedMs = readings[0]?.askedMs ?? 0
  let last: Reading | undefined
  for (const reading of readings) {
    const hasMoved = [...reading.books.values()].some(
      ({ instrument, offset }) => last?.books.get(instrument)?.offset !== offset,
    )
    if (hasMoved || liveIn(reading).length === 0) movedMs = reading.askedMs
    longestMs = Math.max(longestMs, reading.askedMs - movedMs)
    last = reading
  }
  return longestMs
}

/** Longest time between two readings of a member, ms: the resolution of the watch. */
export function longestBlindMs(readings: readonly Reading[]): number {
  return readings.reduce((longestMs, { askedMs }, index) => {
    const before = readings[index - 1]?.askedMs ?? askedMs
    return Math.max(longestMs, askedMs - before)
  }, 0)
}
