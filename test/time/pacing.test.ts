import { describe, expect, it } from 'vitest'
import { TimerGroup } from '../../src/time/clock.ts'
import { TokenBucket } from '../../src/time/pacing.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settle } from '../support/settle.ts'

/** Callers in front of one limiter; the times at which their turns came, since the start. */
function callers(options: { burst: number; refillMs: number }) {
  const clock = new FakeClock()
  const startMs = clock.monotonicMs()
  const limiter = new TokenBucket(options, clock)
  const acquired: number[] = []
  return {
    clock,
    acquired,
    call: (timers = new TimerGroup(clock)) => {
      void limiter.acquire(timers.sleep).then(() => acquired.push(clock.monotonicMs() - startMs))
      return timers
    },
    /** Lets time pass in small steps, so that nobody is late. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 10) {
        await settle()
        clock.advance(10)
      }
      await settle()
    },
  }
}

describe('the token bucket', () => {
  it('admits a burst at once and spreads later calls', async () => {
    const { call, acquired, pass } = callers({ burst: 3, refillMs: 350 })
    for (let number = 0; number < 6; number += 1) call()
    await pass(2000)
    expect(acquired).toEqual([0, 0, 0, 350, 700, 1050])
  })

  it('refills with time, up to the burst', async () => {
    const { call, acquired, pass, clock } = callers({ burst: 3, refillMs: 350 })
    for (let number = 0; number < 3; number += 1) call()
    await settle()
    clock.advance(3_600_000)
    for (let number = 0; number < 4; number += 1) call()
    await pass(400)
    expect(acquired.map((atMs) => atMs % 3_600_000)).toEqual([0, 0, 0, 0, 0, 0, 350])
  })

  it('deducts nothing for a cancelled wait', async () => {
    const { call, acquired, pass } = callers({ burst: 1, refillMs: 1000 })
    call()
    await settle()
    for (let number = 0; number < 50; number += 1) call().cancel()
    await settle()
    call()
    await pass(1000)
    expect(acquired).toEqual([0, 1000])
  })

  it('admits a request only if its whole cost is available', () => {
    const clock = new FakeClock()
    const credits = new TokenBucket({ burst: 1000, refillMs: 0.1 }, clock)
    expect([credits.tryAcquire(600), credits.tryAcquire(600)]).toEqual([true, false])
    clock.advance(19)
    expect(credits.tryAcquire(600)).toBe(false)
    clock.advance(1)
    expect([credits.tryAcquire(600), credits.tryAcquire()]).toEqual([true, false])
  })

  it('keeps the rate under any pattern of calls', async () => {
    const { call, acquired, pass } = callers({ burst: 8, refillMs: 350 })
    for (let number = 0; number < 200; number += 1) {
      call()
      await pass((number * 7919) % 500)
    }
    await pass(60_000)
    expect(acquired).toHaveLength(200)
    for (const [index, time] of acquired.entries()) {
      const later = acquired.findIndex((other, at) => at > index && other > time + 10_000)
      const within = (later === -1 ? acquired.length : later) - index
      expect(within).toBeLessThanOrEqual(8 + Math.ceil(10_000 / 350))
    }
  })
})
