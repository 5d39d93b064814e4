import { expect, it } from 'vitest'
import { checkTrade } from '../../src/book/sequence.ts'

const LAST = { tradeSeq: 100, exchangeTimeMs: 5000 }

it.each([
  ['the first one ever', null, 7, 1, 'next'],
  ['the one after', LAST, 101, 5000, 'next'],
  ['the one after, with an earlier time', LAST, 101, 4000, 'next'],
  ['a skipped number', LAST, 102, 6000, 'gap'],
  ['the same one again', LAST, 100, 5000, 'duplicate'],
  ['an older one', LAST, 90, 4000, 'duplicate'],
  ['a lower number at a later time: numbers restarted', LAST, 1, 5001, 'gap'],
  ['the same number at a later time', LAST, 100, 5001, 'gap'],
] as const)('a trade is checked by its number and time: %s', (_what, last, seq, timeMs, result) => {
  expect(checkTrade(last, { tradeSeq: seq, exchangeTimeMs: timeMs })).toBe(result)
})
