import type { Snapshot } from '../../client/api-client.ts'
import { digitsOf } from './format.ts'

const prices = new Map<string, number>()
const amounts = new Map<string, number>()
const MAX_AMOUNT_DIGITS = 4
/** Most names kept, because instruments expire. */
const MAX_NAMES = 5000

/**
 * Holds the number of decimals of the prices and amounts of an instrument: the most seen so far,
 * so that columns do not shift.
 */
export const PriceDigits = {
  of(book: Snapshot): number {
    return widest(prices, book, 0, Number.POSITIVE_INFINITY)
  },
  ofAmounts(book: Snapshot): number {
    return widest(amounts, book, 1, MAX_AMOUNT_DIGITS)
  },
}

function widest(
  seen: Map<string, number>,
  { instrument, bids, asks }: Snapshot,
  column: 0 | 1,
  max: number,
): number {
  let digits = seen.get(instrument) ?? 0
  const before = digits
  // The best levels change with each snapshot, so a few of them reveal the tick size.
  for (const side of [bids, asks]) {
    for (let index = 0; index < side.length && index < 5; index += 1) {
      const value = side[index]?.[column]
      if (value !== undefined) digits = Math.max(digits, Math.min(digitsOf(value), max))
    }
  }
  if (digits !== before || !seen.has(instrument)) {
    if (seen.size >= MAX_NAMES) seen.clear()
    seen.set(instrument, digits)
  }
  return digits
}
