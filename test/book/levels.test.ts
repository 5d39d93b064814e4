import { describe, expect, it } from 'vitest'
import * as rules from '../../src/book/levels.ts'
import type { Level } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'

const { findBadTop } = rules
type Check = (bids: readonly Level[], asks: readonly Level[], rules?: rules.LevelRules) => unknown
const findBadLevels: Check = (bids, asks, ...more) =>
  rules.findBadLevels(LevelList.of(bids), LevelList.of(asks), ...more)
const findBadChange: Check = (bids, asks, ...more) =>
  rules.findBadChange(LevelList.of(bids), LevelList.of(asks), ...more)

const GOOD_BIDS: Level[] = [
  [3, 1],
  [2, 1],
]
const GOOD_ASKS: Level[] = [
  [4, 1],
  [5, 1],
]

describe('levels of a snapshot', () => {
  it('are valid if bids descend and asks ascend', () => {
    expect(findBadLevels(GOOD_BIDS, GOOD_ASKS)).toBeNull()
    expect(findBadLevels([], [])).toBeNull()
  })

  it('may have an amount of 0, or a price of 0', () => {
    expect(
      findBadLevels(
        [
          [3, 0],
          [0, 1],
        ],
        [[0, 0]],
      ),
    ).toBeNull()
  })

  it.each<[string, Level[], Level[], string]>([
    ['an infinite price', [[Infinity, 1]], [], 'non_finite'],
    ['an infinite amount', [], [[1, Infinity]], 'non_finite'],
    ['a price that is no number', [[NaN, 1]], [], 'non_finite'],
    ['a negative price', [[-1, 1]], [], 'negative'],
    ['a negative amount', [], [[1, -1]], 'negative'],
    [
      'rising bids',
      [
        [2, 1],
        [3, 1],
      ],
      [],
      'unsorted',
    ],
    [
      'falling asks',
      [],
      [
        [5, 1],
        [4, 1],
      ],
      'unsorted',
    ],
    [
      'a bid twice',
      [
        [3, 1],
        [3, 2],
      ],
      [],
      'unsorted',
    ],
    [
      'an ask twice',
      [],
      [
        [4, 1],
        [4, 1],
      ],
      'unsorted',
    ],
    [
      'a wrong level far down',
      [
        [3, 1],
        [2, 1],
        [1, 1],
        [0.5, -1],
      ],
      GOOD_ASKS,
      'negative',
    ],
  ])('are bad with %s', (_what, bids, asks, problem) => {
    expect(findBadLevels(bids, asks)).toBe(problem)
  })
})

describe('levels of a change', () => {
  it('may come in any order', () => {
    expect(
      findBadChange(
        [
          [2, 1],
          [3, 1],
          [2, 0],
        ],
        [
          [5, 1],
          [4, 0],
        ],
      ),
    ).toBeNull()
  })

  it.each<[string, Level[], string]>([
    ['an infinite price', [[-Infinity, 1]], 'non_finite'],
    ['a negative amount', [[1, -0.1]], 'negative'],
  ])('are bad with %s', (_what, levels, problem) => {
    expect(findBadChange(levels, [])).toBe(problem)
    expect(findBadChange([], levels)).toBe(problem)
  })
})

describe('levels of an instrument that may have prices below 0', () => {
  const negative = { allowsNegativePrices: true }
  const bids: Level[] = [
    [-120, 1],
    [-120.5, 2],
  ]
  const asks: Level[] = [
    [-0.5, 1],
    [0, 0],
    [1, 2],
  ]

  it('are valid in a snapshot and in a change', () => {
    expect(findBadLevels(bids, asks, negative)).toBeNull()
    expect(findBadChange(asks, bids, negative)).toBeNull()
    expect(findBadLevels(bids, asks)).toBe('negative')
    expect(findBadChange(asks, bids)).toBe('negative')
  })

  it.each<[string, Level[], string]>([
    ['a negative amount', [[-120, -1]], 'negative'],
    ['a negative amount at a price above 0', [[120, -1]], 'negative'],
    ['an infinite price', [[-Infinity, 1]], 'non_finite'],
  ])('are bad with %s', (_what, levels, problem) => {
    expect(findBadLevels(levels, [], negative)).toBe(problem)
    expect(findBadLevels([], levels, negative)).toBe(problem)
    expect(findBadChange(levels, [], negative)).toBe(problem)
  })

  it('are invalid out of order', () => {
    expect(findBadLevels(bids.toReversed(), [], negative)).toBe('unsorted')
    expect(findBadLevels([], asks.toReversed(), negative)).toBe('unsorted')
  })
})

describe('the top of a two-sided book', () => {
  it.each([
    [3, 4, null],
    [4, 4, 'locked'],
    [4.5, 4, 'crossed'],
    [-4, -3, null],
    [-4, -4, 'locked'],
    [-3, -4, 'crossed'],
    [-0, 0, 'locked'],
  ])('with bid %d and ask %d is %s', (bid, ask, problem) => {
    expect(findBadTop(bid, ask)).toBe(problem)
  })
})
