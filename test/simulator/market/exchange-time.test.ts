import { expect, it } from 'vitest'
import { ExchangeClock } from '../../../src/simulator/market/exchange-time.ts'

const EPOCH_MS = 1_790_000_000_000

/** A clock that advances between any two readings, as if the process were suspended there. */
function heldClock(holdMs: () => number) {
  let elapsedMs = 0
  const read = () => {
    const now = elapsedMs
    elapsedMs += holdMs()
    return now
  }
  return {
    clock: {
      nowMs: () => EPOCH_MS + Math.floor(read()),
      monotonicMs: () => read(),
      setTimer: () => ({ cancel: () => undefined }),
    },
    wallMs: () => EPOCH_MS + elapsedMs,
  }
}

it('the clock of the exchange is never ahead of the wall clock after a suspension of the process', () => {
  const holds = [0, 0, 20, 0.5, 0, 30, 0.25, 0, 0, 0]
  const { clock, wallMs } = heldClock(() => holds.shift() ?? 0)
  const exchangeClock = new ExchangeClock(clock)
  for (let reading = 0; reading < 5; reading += 1) {
    const exchangeMs = exchangeClock.nowUs() / 1000
    expect(exchangeMs).toBeLessThanOrEqual(wallMs())
  }
})
