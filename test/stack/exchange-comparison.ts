import type { Top } from '../../src/simulator/market/top-history.ts'
import type { Reading, ShownBook } from './member-watch.ts'

export type Tops = ReadonlyMap<string, readonly Top[]>

/** The tops of every book of a simulated exchange that runs as a process of its own. */
export async function readTops(controlUrl: string, instruments: readonly string[]): Promise<Tops> {
  const tops = new Map<string, readonly Top[]>()
  for (const instrument of instruments) {
    const response = await fetch(`${controlUrl}/truth/${instrument}`)
    tops.set(instrument, ((await response.json()) as { tops: readonly Top[] }).tops)
  }
  return tops
}

export interface Comparison {
  /** Why it was never true; null if it was. */
  readonly lie: string | null
  /** Age of the shown book at the reading, ms; 0 or less: it was current. */
  readonly lateMs: number
}

/** Compares a live book of a reading with that of the exchange, by change id. */
export function compare(reading: Reading, book: ShownBook, tops: Tops): Comparison {
  const ofBook = tops.get(book.instrument) ?? []
  const index = ofBook.findIndex(({ changeId }) => changeId === book.changeId)
  const top = ofBook[index]
  const what = `${reading.member} ${book.instrument} ${book.changeId} ${book.midPrice}`
  if (top === undefined) return { lie: `${what}: no such change`, lateMs: 0 }
  const isSame =
    top.bestBid?.[0] === book.bestBid?.price &&
    top.bestBid?.[1] === book.bestBid?.amount &&
    top.bestAsk?.[0] === book.bestAsk?.price &&
    top.bestAsk?.[1] === book.bestAsk?.amount
  const exchangeHad = JSON.stringify([top.bestBid, top.bestAsk])
  const overMs = ofBook[index + 1]?.timestampMs ?? Number.POSITIVE_INFINITY
  return {
    lie: isSame ? null : `${what}: the exchange had ${exchangeHad}`,
    lateMs: reading.askedMs - overMs,
  }
}
