import { type Clock, systemClock } from '../../../src/time/clock.ts'

/** How often a denied trades topic is checked again. */
const RECHECK_MS = 60_000

/** Shortens the interval of checks to half a second; all other timers run normally. */
export const spedUpChecks: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  setTimer: (callback, delayMs) =>
    systemClock.setTimer(callback, delayMs === RECHECK_MS ? 500 : delayMs),
}
