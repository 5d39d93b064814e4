import { describe, expect, it } from 'vitest'
import { findIdentifiers, findInPath, findPhrases } from '../../../tools/check/words.ts'

describe('the word check', () => {
  it.each([
    ['const lastPicture = 1', 'lastPicture'],
    ['function judgeChange() {}', 'judgeChange'],
    ['const LEFT_OUT = 1', 'LEFT_OUT'],
    ['class ProducerLane {}', 'ProducerLane'],
    ['this.#tally.add()', '#tally'],
  ])('finds a retired word in an identifier: %s', (code, found) => {
    expect(findIdentifiers('src/a.ts', code)).toMatchObject([{ file: 'src/a.ts', line: 1, found }])
  })

  it.each([
    '// a picture in a comment',
    "const text = 'verdict'",
    'const planet = 1',
    'const snapshot = lastSnapshot',
  ])('finds no identifier in: %s', (code) => {
    expect(findIdentifiers('src/a.ts', code)).toEqual([])
  })

  it('allows a word where it has its ordinary sense', () => {
    const code = 'const cells = []'
    expect(findIdentifiers('src/analytics/ring.ts', code)).toEqual([])
    expect(findIdentifiers('src/topic/metrics.ts', code)).toHaveLength(1)
  })

  it.each([
    ['Instruments that are left out.', 'left out'],
    ['The picture is a whole book.', 'picture'],
    ['It begins anew.', 'anew'],
    ['Runs in stage 1.', 'stage 1'],
  ])('finds a retired phrase: %s', (text, found) => {
    expect(findPhrases('docs/a.md', `first line\n${text}`)).toMatchObject([{ line: 2, found }])
  })

  it('reads a phrase as whole words', () => {
    expect(findPhrases('docs/a.md', 'A planet, a laneway and a pictured tree.')).toEqual([])
  })

  it('finds a retired word in the name of a file', () => {
    expect(findInPath('src/topic/producer-lane.ts')).toMatchObject([{ found: 'lane' }])
    expect(findInPath('src/topic/producer/partition-sender.ts')).toEqual([])
  })
})
