import { describe, expect, it } from 'vitest'
import { murmur2, partitionOfKey } from '../../src/topic/partitioner.ts'

describe('the default partitioner', () => {
  it.each([
    // Values of the tests of Kafka's Java client (UtilsTest.testMurmur2).
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the Java client does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  it('is never negative and within the count', () => {
    for (let index = 0; index < 1000; index += 1) {
      const partition = partitionOfKey(`K${index}`, 7)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(7)
    }
  })
})
