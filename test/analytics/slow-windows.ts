/*
 * The numbers of the windows straight from the words of the contract (section 7), slowly: every
 * window is looked through from its first event to its last at each reading. Imports nothing.
 */

export interface SlowTop {
  readonly bid: readonly [price: number, amount: number]
  readonly ask: readonly [price: number, amount: number]
}

export interface SlowEvent extends SlowTop {
  readonly timeMs: number
}

/** Input since the last restart of a book. */
export interface SlowHistory {
  readonly startVerifiedMs: number
  /** The book at the restart, if that was no event. */
  readonly found: SlowEvent | null
  readonly events: readonly SlowEvent[]
}

export interface SlowEventTime {
  readonly exchangeTimeMs: number
  readonly verifiedTimeMs: number
}

/** A number, and the sum of its absolute terms, which errors are relative to. */
export interface Scaled {
  readonly value: number
  readonly scale: number
}

export interface SlowWindow {
  readonly coverage: number
  readonly orderFlowImbalance: Scaled | null
  readonly orderFlowImbalanceRatio: Scaled | null
  readonly realizedVolatility: Scaled | null
  readonly imbalanceMin: Scaled | null
  readonly imbalanceMax: Scaled | null
  readonly imbalanceMean: Scaled | null
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const absolute = (values: readonly number[]) => total(values.map(Math.abs))
const indicator = (condition: boolean) => (condition ? 1 : 0)

/** The four terms of the order flow of one event. */
function flowTerms(before: SlowTop, now: SlowTop): number[] {
  const [pb, qb] = now.bid
  const [pa, qa] = now.ask
  const [pbBefore, qbBefore] = before.bid
  const [paBefore, qaBefore] = before.ask
  return [
    indicator(pb >= pbBefore) * qb,
    -indicator(pb <= pbBefore) * qbBefore,
    -indicator(pa <= paBefore) * qa,
    indicator(pa >= paBefore) * qaBefore,
  ]
}

const imbalanceOf = ({ bid, ask }: SlowTop) => (bid[1] - ask[1]) / (bid[1] + ask[1])
const midOf = ({ bid, ask }: SlowTop) => (bid[0] + ask[0]) / 2

export function slowWindow(
  history: SlowHistory | null,
  at: SlowEventTime,
  windowMs: number,
): SlowWindow {
  const absent = {
    orderFlowImbalance: null,
    orderFlowImbalanceRatio: null,
    realizedVolatility: null,
    imbalanceMin: null,
    imbalanceMax: null,
    imbalanceMean: null,
  }
  if (history === null) return { coverage: 0, ...absent }
  const watchedMs = at.verifiedTimeMs - history.startVerifiedMs
  const coverage = Math.min(1, Math.max(0, watchedMs / windowMs))
  if (coverage < 0.5) return { coverage, ...absent }
  const endMs = at.exchangeTimeMs
  const startMs = endMs - windowMs
  const books = [...(history.found === null ? [] : [history.found]), ...history.events]

  const flows: number[] = []
  const depths: number[] = []
  for (const [n, event] of history.events.entries()) {
    if (event.timeMs <= startMs || event.timeMs > endMs) continue
    const before = n === 0 ? history.found : history.events[n - 1]
    if (before !== null && before !== undefined) flows.push(...flowTerms(before, event))
    depths.push((event.bid[1] + event.ask[1]) / 2)
  }
  const meanDepth = total(depths) / depths.length

  const inside = books.filter(({ timeMs }) => timeMs > startMs && timeMs <= endMs)
  const atStart = books.findLast(({ timeMs }) => timeMs <= startMs)
  const imbalances = [...(atStart === undefined ? [] : [atStart]), ...inside].map(imbalanceOf)
  const least = Math.min(...imbalances)
  const greatest = Math.max(...imbalances)
  return {
    coverage,
    orderFlowImbalance: { value: total(flows), scale: absolute(flows) },
    orderFlowImbalanceRatio:
      depths.length === 0
        ? { value: 0, scale: 0 }
        : { value: total(flows) / meanDepth, scale: absolute(flows) / meanDepth },
    realizedVolatility: slowVolatility(books, endMs, windowMs),
    imbalanceMin: { value: least, scale: 0 },
    imbalanceMax: { value: greatest, scale: 0 },
    imbalanceMean: slowMean(books, startMs, endMs),
  }
}

/** Each book from its time to that of the next one, clipped to the window. */
function slowMean(books: readonly SlowEvent[], startMs: number, endMs: number): Scaled {
  const terms: number[] = []
  let lengthMs = 0
  for (const [n, book] of books.entries()) {
    const fromMs = Math.max(book.timeMs, startMs)
    const toMs = Math.min(books[n + 1]?.timeMs ?? endMs, endMs)
    if (toMs <= fromMs) continue
    terms.push(imbalanceOf(book) * (toMs - fromMs))
    lengthMs += toMs - fromMs
  }
  const last = books.findLast(({ timeMs }) => timeMs <= endMs)
  if (lengthMs === 0) return { value: last === undefined ? NaN : imbalanceOf(last), scale: 1 }
  return { value: total(terms) / lengthMs, scale: absolute(terms) / lengthMs }
}

function slowVolatility(
  books: readonly SlowEvent[],
  endMs: number,
  windowMs: number,
): Scaled | null {
  if (windowMs < 10_000) return null
  const squares: number[] = []
  let before: SlowEvent | undefined
  let known = 0
  for (let k = Math.floor((endMs - windowMs) / 1000) - 1; k <= Math.ceil(endMs / 1000); k++) {
    // The last book at or before second k.
    while (known < books.length && (books[known]?.timeMs ?? Infinity) <= k * 1000) known += 1
    const now = books[known - 1]
    if (
      k * 1000 > endMs - windowMs &&
      k * 1000 <= endMs &&
      now !== undefined &&
      before !== undefined
    ) {
      if (midOf(now) <= 0 || midOf(before) <= 0) return null
      squares.push(Math.log(midOf(now) / midOf(before)) ** 2)
    }
    before = now
  }
  if (squares.length < 5) return null
  const value = Math.sqrt((total(squares) * 365 * 86_400) / squares.length)
  return { value, scale: value }
}

export interface SlowTrade {
  readonly timeMs: number
  readonly side: 'buy' | 'sell'
  readonly amount: number
}

export interface SlowTradeWindow {
  readonly tradeFlowImbalance: Scaled
  readonly buyVolume: Scaled
  readonly sellVolume: Scaled
  readonly tradeCount: Scaled
}

/** null without trades. `trades` are those known to be complete over the window. */
export function slowTradeWindow(
  trades: readonly SlowTrade[],
  endMs: number,
  coveredMs: number,
): SlowTradeWindow | null {
  const inside = trades.filter(({ timeMs }) => timeMs > endMs - coveredMs && timeMs <= endMs)
  if (inside.length === 0) return null
  const buy = total(inside.map(({ side, amount }) => (side === 'buy' ? amount : 0)))
  const sell = total(inside.map(({ side, amount }) => (side === 'sell' ? amount : 0)))
  return {
    tradeFlowImbalance: { value: (buy - sell) / (buy + sell), scale: 1 },
    buyVolume: { value: buy, scale: buy },
    sellVolume: { value: sell, scale: sell },
    tradeCount: { value: inside.length, scale: 0 },
  }
}

export interface SlowBand {
  readonly bid: number | null
  readonly ask: number | null
  readonly imbalance: number | null
}

/** @param maxLevels requested levels per side; null = unlimited */
export function slowBand(
  bids: readonly (readonly [number, number])[],
  asks: readonly (readonly [number, number])[],
  bps: number,
  maxLevels: number | null,
): SlowBand {
  const mid = ((bids[0]?.[0] ?? NaN) + (asks[0]?.[0] ?? NaN)) / 2
  const near = (price: number) => Math.abs(price - mid) <= bps * 1e-4 * mid
  const [bid = null, ask = null] = [bids, asks].map((levels) => {
    const isBeyondKnown = levels.some(([price]) => !near(price))
    const isWhole = maxLevels === null || levels.length < maxLevels
    if (!isBeyondKnown && !isWhole) return null
    return total(levels.filter(([price]) => near(price)).map(([, amount]) => amount))
  })
  const sum = (bid ?? NaN) + (ask ?? NaN)
  return { bid, ask, imbalance: bid !== null && ask !== null && sum > 0 ? (bid - ask) / sum : null }
}
