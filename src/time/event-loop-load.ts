import { performance } from 'node:perf_hooks'
import type { Clock } from './clock.ts'

/** A measurement covers at least this long. */
const MIN_PERIOD_MS = 250

/** What the event loop reports: active and idle time since its start, ms. */
export interface LoopTimes {
  readonly idle: number
  readonly active: number
}

/**
 * Share of time that the event loop was busy, 0 to 1. Measured between two readings, and kept until
 * the next measurement is long enough: any number of readers may ask.
 */
export class EventLoopLoad {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #readTimes: () => LoopTimes
  #before: LoopTimes
  #measuredMonotonicMs: number
  #load = 0

  /** @param readTimes default: the times of this process */
  constructor(
    clock: Pick<Clock, 'monotonicMs'>,
    readTimes: () => LoopTimes = () => performance.eventLoopUtilization(),
  ) {
    this.#clock = clock
    this.#readTimes = readTimes
    this.#before = readTimes()
    this.#measuredMonotonicMs = clock.monotonicMs()
  }

  readonly read = (): number => {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#measuredMonotonicMs < MIN_PERIOD_MS) return this.#load
    const times = this.#readTimes()
    const activeMs = times.active - this.#before.active
    const allMs = activeMs + times.idle - this.#before.idle
    if (allMs > 0) this.#load = activeMs / allMs
    this.#before = times
    this.#measuredMonotonicMs = nowMs
    return this.#load
  }
}
