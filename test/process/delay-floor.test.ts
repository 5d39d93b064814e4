import { describe, expect, it } from 'vitest'
import { DelayFloor } from '../../src/process/lag.ts'

const MINUTE_MS = 60_000

describe('the floor of the delay', () => {
  it('is unknown before the first observation', () => {
    expect(new DelayFloor().read(12_345)).toBeNull()
  })

  it('is the minimum of five minutes, also below zero', () => {
    const floor = new DelayFloor()
    for (const [minute, delayMs] of [3, 7, -2, 9, 5].entries()) {
      floor.observe(delayMs, minute * MINUTE_MS)
    }
    expect(floor.read(4 * MINUTE_MS)).toBe(-2)
  })

  it('drops older values, ten seconds at a time', () => {
    const floor = new DelayFloor()
    floor.observe(1, 0)
    floor.observe(8, MINUTE_MS)
    expect(floor.read(5 * MINUTE_MS - 1)).toBe(1)
    expect(floor.read(5 * MINUTE_MS)).toBe(8)
    expect(floor.read(6 * MINUTE_MS)).toBeNull()
    floor.observe(4, 100 * MINUTE_MS)
    expect(floor.read(100 * MINUTE_MS)).toBe(4)
  })
})
