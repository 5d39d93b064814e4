import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ChannelBook } from '../../src/book/channel-book.ts'
import type { BookFrame, Level } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { gridPrice } from './arbitraries.ts'
import { PlainBook } from './plain-book.ts'

/** What the exchange, the network or another host does next. */
const step = fc.record({
  act: fc.oneof(
    { weight: 30, arbitrary: fc.constant('change' as const) },
    { weight: 2, arbitrary: fc.constant('lost' as const) },
    { weight: 3, arbitrary: fc.constant('duplicate' as const) },
    { weight: 2, arbitrary: fc.constant('snapshot' as const) },
    { weight: 1, arbitrary: fc.constant('reset' as const) },
    { weight: 1, arbitrary: fc.constant('old' as const) },
  ),
  idStep: fc.integer({ min: 1, max: 5000 }),
  bids: rows(),
  asks: rows(),
})

function rows() {
  return fc.array(fc.tuple(gridPrice, fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999 }))), {
    maxLength: 4,
  })
}

const sorted = (levels: readonly Level[], sign: 1 | -1) =>
  levels.toSorted((a, b) => sign * (a[0] - b[0]))

/** The exchange's side: its book, its ids, and what it sent last. */
class Exchange {
  readonly book = new PlainBook()
  id = 70_000_000_000
  timeMs = 1_790_000_000_000
  sent: BookFrame | null = null

  change(bids: Level[], asks: Level[], idStep: number): BookFrame {
    const prevChangeId = this.id
    this.id += idStep
    this.timeMs += 100
    this.book.change(bids, asks)
    return this.#frame('change', prevChangeId, bids, asks)
  }

  snapshot(): BookFrame {
    const { book } = this
    return this.#frame('snapshot', null, sorted(book.bids(), -1), sorted(book.asks(), 1))
  }

  #frame(
    kind: 'change' | 'snapshot',
    prevChangeId: number | null,
    bids: readonly Level[],
    asks: readonly Level[],
  ): BookFrame {
    this.sent = {
      type: 'book',
      kind,
      channel: 'book.I.100ms',
      instrument: 'I',
      exchangeTimeMs: this.timeMs,
      changeId: this.id,
      prevChangeId,
      maxLevels: null,
      bids: LevelList.of(bids),
      asks: LevelList.of(asks),
    }
    return this.sent
  }
}

it('equals the exchange’s book or is marked broken, through gaps, duplicates and new sequences', () => {
  let steps = 0
  let whole = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (sequence) => {
      const exchange = new Exchange()
      const book = new ChannelBook('book.I.100ms')
      book.apply(exchange.snapshot(), false)
      let isWhole = true
      for (const { act, idStep, bids, asks } of sequence) {
        steps += 1
        const earlier = exchange.sent
        if (act === 'change') {
          book.apply(exchange.change(bids, asks, idStep), false)
        } else if (act === 'lost') {
          exchange.change(bids, asks, idStep)
          const result = book.apply(exchange.change(asks, bids, idStep), false)
          expect(result).toBe(isWhole ? 'gap' : 'waiting')
          isWhole = false
        } else if (act === 'duplicate' && earlier?.kind === 'change') {
          expect(['duplicate', 'verified', 'waiting']).toContain(book.apply(earlier, false))
        } else if (act === 'old' && earlier?.kind === 'change') {
          const old = { ...earlier, changeId: earlier.changeId - 1, exchangeTimeMs: 1 }
          expect(['duplicate', 'waiting']).toContain(book.apply(old, false))
        } else if (act === 'reset') {
          exchange.id = Math.floor(exchange.id / 2)
          exchange.timeMs += 100
          expect(book.apply(exchange.snapshot(), false)).toBe('new_sequence')
          isWhole = true
        } else if (act === 'snapshot') {
          exchange.timeMs += 100
          exchange.id += idStep
          book.apply(exchange.snapshot(), false)
          isWhole = true
        }
        expect(book.isWhole).toBe(isWhole)
        if (!isWhole) continue
        whole += 1
        expect(book.levels?.bids(Infinity)).toEqual(exchange.book.bids())
        expect(book.levels?.asks(Infinity)).toEqual(exchange.book.asks())
        expect(book.last?.changeId).toBe(exchange.id)
      }
    }),
    { numRuns: 2200 },
  )
  expect(steps).toBeGreaterThan(100_000)
  expect(whole).toBeGreaterThan(50_000)
}, 120_000)
