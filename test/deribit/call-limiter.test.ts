import { describe, expect, it } from 'vitest'
import { CallLimiter } from '../../src/deribit/call-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

describe('the limiter of calls', () => {
  it('lets a burst through at once and spreads what comes after it', () => {
    const limiter = new CallLimiter({ burst: 3, refillMs: 350 }, new FakeClock())
    const waits = Array.from({ length: 6 }, () => limiter.reserveMs())
    expect(waits).toEqual([0, 0, 0, 350, 700, 1050])
  })

  it('fills up again with time, to the burst and no further', () => {
    const clock = new FakeClock()
    const limiter = new CallLimiter({ burst: 3, refillMs: 350 }, clock)
    for (let call = 0; call < 3; call++) limiter.reserveMs()
    clock.advance(350)
    expect(limiter.reserveMs()).toBe(0)
    clock.advance(3_600_000)
    expect(Array.from({ length: 4 }, () => limiter.reserveMs())).toEqual([0, 0, 0, 350])
  })

  it('keeps the rate under any pattern of calls', () => {
    const clock = new FakeClock()
    const limiter = new CallLimiter({ burst: 8, refillMs: 350 }, clock)
    const made: number[] = []
    for (let call = 0; call < 500; call++) {
      clock.advance((call * 7919) % 500)
      made.push(clock.monotonicMs() + limiter.reserveMs())
    }
    for (const [index, time] of made.entries()) {
      const tenSecondsOn = made.findIndex((other, at) => at > index && other > time + 10_000)
      const within = (tenSecondsOn === -1 ? made.length : tenSecondsOn) - index
      expect(within).toBeLessThanOrEqual(8 + Math.ceil(10_000 / 350))
    }
  })
})
