import { describe, expect, it } from 'vitest'
import { ChannelBook } from '../../src/book/channel-book.ts'
import type { BookFrame, Level } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'
import type { PlainFrame } from '../support/plain-frame.ts'

const frame = (
  kind: BookFrame['kind'],
  { bids = [[10, 1]], asks = [[11, 1]], ...parts }: Partial<PlainFrame>,
): BookFrame => ({
  type: 'book',
  kind,
  channel: 'c',
  instrument: 'I',
  exchangeTimeMs: 1000,
  changeId: 100,
  prevChangeId: null,
  maxLevels: null,
  bids: LevelList.of(bids),
  asks: LevelList.of(asks),
  ...parts,
})
const groupedSnapshot = (parts: Partial<PlainFrame> = {}) => frame('grouped', parts)
const snapshot = (parts: Partial<PlainFrame> = {}) => frame('snapshot', parts)
const change = (changeId: number, prevChangeId: number, parts: Partial<PlainFrame> = {}) =>
  frame('change', { changeId, prevChangeId, bids: [], asks: [], ...parts })

function bookAfter(...frames: BookFrame[]): ChannelBook {
  const book = new ChannelBook('c')
  for (const each of frames) book.apply(each, false)
  return book
}

const bidsOf = (book: ChannelBook): readonly Level[] => book.levels?.bids(99) ?? []

describe('snapshots', () => {
  it.each([
    ['a higher id, later', 101, 1001, 'accepted'],
    ['a higher id at the same time', 101, 1000, 'accepted'],
    ['a higher id, earlier', 101, 999, 'accepted'],
    ['the same id, later', 100, 1001, 'accepted'],
    ['the same id and time', 100, 1000, 'duplicate'],
    ['a lower id, earlier', 99, 999, 'duplicate'],
    ['a lower id at the same time', 99, 1000, 'duplicate'],
    ['a lower id, later', 7, 1001, 'new_sequence'],
  ])('with %s', (_what, changeId, exchangeTimeMs, result) => {
    const book = bookAfter(groupedSnapshot())
    expect(book.apply(groupedSnapshot({ changeId, exchangeTimeMs, bids: [[9, 2]] }), false)).toBe(
      result,
    )
    expect(bidsOf(book)).toEqual(result === 'duplicate' ? [[10, 1]] : [[9, 2]])
  })

  it('replace all levels each time', () => {
    const book = bookAfter(
      groupedSnapshot(),
      groupedSnapshot({ changeId: 101, bids: [], asks: [[12, 3]] }),
    )
    expect(bidsOf(book)).toEqual([])
    expect(book.levels?.asks(9)).toEqual([[12, 3]])
    expect(book.last).toEqual({ changeId: 101, exchangeTimeMs: 1000 })
  })

  it('ignore levels without an amount', () => {
    expect(
      bidsOf(
        bookAfter(
          groupedSnapshot({
            bids: [
              [10, 0],
              [9, 4],
            ],
          }),
        ),
      ),
    ).toEqual([[9, 4]])
  })

  it('with invalid levels change nothing', () => {
    const book = bookAfter(groupedSnapshot())
    expect(
      book.apply(
        groupedSnapshot({
          changeId: 101,
          bids: [
            [9, 1],
            [10, 1],
          ],
        }),
        false,
      ),
    ).toBe('unsorted')
    expect(bidsOf(book)).toEqual([[10, 1]])
    expect(book.last?.changeId).toBe(100)
  })
})

describe('a checkpoint', () => {
  it('that shows the current book verifies it', () => {
    expect(bookAfter(groupedSnapshot()).apply(groupedSnapshot(), true)).toBe('verified')
    expect(bookAfter(snapshot()).apply(snapshot(), true)).toBe('verified')
  })

  it('verifies a book after changes removed levels', () => {
    const book = bookAfter(
      snapshot({
        bids: [
          [10, 1],
          [9, 1],
        ],
      }),
      change(101, 100, { bids: [[9, 0]] }),
    )
    expect(book.apply(snapshot({ changeId: 101 }), true)).toBe('verified')
  })

  it('that shows another book at the current id is a mismatch and is applied', () => {
    const book = bookAfter(snapshot())
    expect(book.apply(snapshot({ bids: [[10, 5]] }), true)).toBe('mismatch')
    expect(bidsOf(book)).toEqual([[10, 5]])
  })

  it('of an older frame is a duplicate', () => {
    const book = bookAfter(
      groupedSnapshot(),
      groupedSnapshot({ changeId: 101, exchangeTimeMs: 1001 }),
    )
    expect(book.apply(groupedSnapshot({ bids: [[1, 1]] }), true)).toBe('duplicate')
    expect(bidsOf(book)).toEqual([[10, 1]])
  })

  it('of a newer frame is accepted', () => {
    const book = bookAfter(groupedSnapshot())
    expect(
      book.apply(groupedSnapshot({ changeId: 105, exchangeTimeMs: 1005, bids: [[8, 8]] }), true),
    ).toBe('accepted')
    expect(bidsOf(book)).toEqual([[8, 8]])
  })

  it('that is an empty change of the current id verifies the sequence', () => {
    expect(bookAfter(snapshot()).apply(change(100, 100), true)).toBe('verified')
  })
})

describe('the sequence of changes', () => {
  it('waits for a snapshot', () => {
    const book = new ChannelBook('c')
    expect(book.apply(change(101, 100), false)).toBe('waiting')
    expect(book.levels).toBeNull()
    expect(book.isWhole).toBe(false)
  })

  it('continues if prev_change_id is the last id, consecutive or not', () => {
    const book = bookAfter(snapshot())
    expect(book.apply(change(5000, 100, { bids: [[10, 7]] }), false)).toBe('accepted')
    expect(book.apply(change(5001, 5000, { asks: [[11, 0]] }), false)).toBe('accepted')
    expect(bidsOf(book)).toEqual([[10, 7]])
    expect(book.levels?.askCount).toBe(0)
  })

  it('ignores changes that are already applied', () => {
    const book = bookAfter(snapshot(), change(101, 100, { bids: [[10, 7]] }))
    expect(book.apply(change(101, 100, { bids: [[10, 9]] }), false)).toBe('duplicate')
    expect(book.apply(change(90, 80, { bids: [[10, 9]] }), false)).toBe('duplicate')
    expect(bidsOf(book)).toEqual([[10, 7]])
    expect(book.isWhole).toBe(true)
  })

  it('breaks if a frame is missing, and ignores changes until the next snapshot', () => {
    const book = bookAfter(snapshot())
    expect(book.apply(change(103, 102, { bids: [[10, 7]] }), false)).toBe('gap')
    expect(book.isWhole).toBe(false)
    expect(book.apply(change(104, 103, { bids: [[10, 8]] }), false)).toBe('waiting')
    expect(bidsOf(book)).toEqual([[10, 1]])
    expect(book.apply(snapshot({ changeId: 110, bids: [[10, 9]] }), false)).toBe('accepted')
    expect(book.isWhole).toBe(true)
    expect(bidsOf(book)).toEqual([[10, 9]])
  })

  it('breaks on a lower id at a later time: the ids restarted', () => {
    expect(bookAfter(snapshot()).apply(change(5, 4, { exchangeTimeMs: 2000 }), false)).toBe('gap')
  })

  it('recovers with a snapshot of the id at which it broke', () => {
    const book = bookAfter(snapshot(), change(103, 102))
    expect(book.apply(snapshot({ bids: [[10, 4]] }), false)).toBe('accepted')
    expect(book.isWhole).toBe(true)
  })

  it('does not recover with an older snapshot', () => {
    const book = bookAfter(snapshot(), change(101, 100, { exchangeTimeMs: 1001 }), change(150, 140))
    expect(book.apply(snapshot(), false)).toBe('duplicate')
    expect(book.isWhole).toBe(false)
  })

  it('recovers with a snapshot of a new sequence', () => {
    const book = bookAfter(snapshot(), change(103, 102))
    expect(book.apply(snapshot({ changeId: 3, exchangeTimeMs: 5000 }), false)).toBe('new_sequence')
    expect(book.isWhole).toBe(true)
    expect(book.apply(change(4, 3, { exchangeTimeMs: 5001 }), false)).toBe('accepted')
  })

  it('breaks after invalid levels, as their frame was rejected', () => {
    const book = bookAfter(snapshot())
    expect(book.apply(change(101, 100, { bids: [[10, -1]] }), false)).toBe('negative')
    expect(book.apply(change(102, 101), false)).toBe('gap')
  })

  it('breaks on demand', () => {
    const book = bookAfter(snapshot())
    book.breakSequence()
    expect(book.apply(change(101, 100), false)).toBe('waiting')
  })
})
