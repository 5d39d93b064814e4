import { describe, expect, it } from 'vitest'
import { Backoff } from '../../src/time/pacing.ts'
import { seeded } from '../support/seeded.ts'

const OPTIONS = { baseMs: 1000, capMs: 30_000, resetAfterMs: 60_000 }

describe('the backoff before a new attempt', () => {
  it('is random up to a limit that doubles from 1 s to 30 s', () => {
    const atTheEdge = new Backoff(OPTIONS, () => 1 - Number.EPSILON)
    const edges = Array.from({ length: 8 }, () => Math.round(atTheEdge.nextDelayMs()))
    expect(edges).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    const atZero = new Backoff(OPTIONS, () => 0)
    expect(Array.from({ length: 8 }, () => atZero.nextDelayMs())).toEqual(Array(8).fill(0))
  })

  it('stays random and within its limits for 10,000 failures in a row', () => {
    const backoff = new Backoff(OPTIONS, seeded(7))
    const delays = Array.from({ length: 10_000 }, () => backoff.nextDelayMs())
    expect(delays.every((delay) => delay >= 0 && delay < 30_000)).toBe(true)
    const tenths = Array<number>(10).fill(0)
    for (const delay of delays.slice(5)) {
      const tenth = Math.floor(delay / 3000)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    // 1,000 each on average; five standard deviations are 150.
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('differs between clients that failed together', () => {
    const clients = [1, 2, 3, 4, 5].map((seed) => new Backoff(OPTIONS, seeded(seed)))
    expect(new Set(clients.map((client) => client.nextDelayMs())).size).toBe(5)
  })

  it('is reset only after a whole minute of good data', () => {
    const backoff = new Backoff(OPTIONS, () => 0.5)
    for (let attempt = 0; attempt < 10; attempt++) backoff.nextDelayMs()
    backoff.connectionLasted(59_999)
    expect(backoff.nextDelayMs()).toBe(15_000)
    backoff.connectionLasted(60_000)
    expect(backoff.nextDelayMs()).toBe(500)
  })

  it('is a finite number after any number of failures', () => {
    const backoff = new Backoff(OPTIONS, () => 0.5)
    for (let attempt = 0; attempt < 5000; attempt++) backoff.nextDelayMs()
    expect(backoff.nextDelayMs()).toBe(15_000)
  })
})
