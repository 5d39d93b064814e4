import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance } from '../../src/config/environment.ts'

describe('the distance between two names', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['HTTP_PROT', 'HTTP_PORT', 2],
    ['KAFKA_BROKER', 'KAFKA_BROKERS', 1],
  ])('between %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it('is symmetric, zero only for equal names, and at most the length of the longer name', () => {
    const name = fc.string({ unit: fc.constantFrom('A', 'B', '_'), maxLength: 8 })
    fc.assert(
      fc.property(name, name, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
      }),
      { numRuns: 1000 },
    )
  })
})
