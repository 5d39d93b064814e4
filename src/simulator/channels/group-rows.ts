import { numberText } from '../number-text.ts'
import type { BookSide, ReferenceLevel } from '../truth-book.ts'

/** Adds up the amounts per price group: bids are rounded down to the group, asks up. */
export function groupRows(
  levels: readonly ReferenceLevel[],
  group: number,
  side: BookSide,
): ReferenceLevel[] {
  const amounts = new Map<number, number>()
  for (const { price, amount } of levels) {
    const steps =
      side === 'bids' ? Math.floor(price / group + 1e-9) : Math.ceil(price / group - 1e-9)
    const grouped = Number((steps * group).toFixed(4))
    amounts.set(grouped, Number(((amounts.get(grouped) ?? 0) + amount).toFixed(8)))
  }
  return [...amounts].map(([price, amount]) => ({
    price,
    amount,
    text: `${numberText(price)},${numberText(amount)}`,
  }))
}
