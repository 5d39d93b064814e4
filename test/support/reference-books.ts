import { expect } from 'vitest'
import type { RecordedBook } from './recorded-frames.ts'

/*
 * The reference is computed from the text of the frames alone, with maps and sorting, without code
 * of src/.
 */

type Sides = Record<'bids' | 'asks', Map<number, number>>

export interface Reference {
  readonly bids: [number, number][]
  readonly asks: [number, number][]
  /** False from a missing frame until the next snapshot. */
  readonly isWhole: boolean
}

/** Books by channel, according to the rules of the exchange. */
export class ReferenceBooks {
  readonly #books = new Map<string, { sides: Sides; lastId: number; isWhole: boolean }>()

  apply(channel: string, data: RecordedBook): Reference {
    const book = this.#books.get(channel) ?? {
      sides: { bids: new Map<number, number>(), asks: new Map<number, number>() },
      lastId: -1,
      isWhole: false,
    }
    this.#books.set(channel, book)
    const isGrouped = channel.split('.').length === 5
    const isWhole =
      isGrouped ||
      data.type === 'snapshot' ||
      data.prev_change_id === undefined ||
      data.prev_change_id === 0
    if (isWhole) {
      book.sides.bids.clear()
      book.sides.asks.clear()
      book.isWhole = true
    } else if (book.lastId !== data.prev_change_id) {
      book.isWhole = false
    }
    if (book.isWhole) {
      book.lastId = data.change_id
      for (const side of ['bids', 'asks'] as const) {
        for (const row of data[side]) {
          const [action, price, amount] = row.length === 2 ? (['set', ...row] as const) : row
          if (action === 'delete' || amount === 0) book.sides[side].delete(price)
          else book.sides[side].set(price, amount)
        }
      }
    }
    return {
      bids: [...book.sides.bids].sort((a, b) => b[0] - a[0]),
      asks: [...book.sides.asks].sort((a, b) => a[0] - b[0]),
      isWhole: book.isWhole,
    }
  }
}

/** Sum of the amounts of the best levels. */
export function amountWithin(levels: readonly [number, number][], depth: number): number {
  return levels.slice(0, depth).reduce((sum, [, amount]) => sum + amount, 0)
}

/** Equal to 1e-9 relative. */
export function isNear(actual: number | null | undefined, expected: number): void {
  expect(actual).not.toBeNull()
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(
    1e-9 * Math.max(1e-9, Math.abs(expected)),
  )
}
