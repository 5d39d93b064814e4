import type { Level } from '../../src/model/frames.ts'

export interface PlainNumbers {
  readonly mid: number
  readonly spread: number
  readonly weightedMid: number
  readonly imbalances: readonly number[]
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Reference: the numbers of a two-sided book, straight from the formulas of the contract. */
export function plainNumbers(
  bids: readonly Level[],
  asks: readonly Level[],
  depths: readonly number[],
): PlainNumbers {
  const [bid, ask] = [bids[0], asks[0]]
  if (bid === undefined || ask === undefined) throw new Error('a side is missing')
  const [pb, qb] = bid
  const [pa, qa] = ask
  return {
    mid: (pb + pa) / 2,
    spread: pa - pb,
    weightedMid: (pb * qa + pa * qb) / (qb + qa),
    imbalances: depths.map((depth) => {
      const b = sum(bids.slice(0, depth).map((level) => level[1]))
      const a = sum(asks.slice(0, depth).map((level) => level[1]))
      return (b - a) / (b + a)
    }),
  }
}
