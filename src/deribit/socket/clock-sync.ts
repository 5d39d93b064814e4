import type { OffsetEstimate } from '../../model/feed.ts'
import type { Clock, Timer } from '../../time/clock.ts'

/** Maximum age of samples. */
const WINDOW_MS = 300_000
/** A larger difference between wall and monotonic clock means that the wall clock was set: samples are discarded. */
const MAX_CLOCK_STEP_MS = 50
/** Maximum rounding difference of two durations, because the wall clock has whole milliseconds. */
const MAX_TICKS_MS = 2
/** Sufficient for one sample per second in 5 minutes. */
const MAX_SAMPLES = 1024

export interface RoundTrip {
  /** Local wall clock at sending and at receipt, epoch ms. */
  readonly sentTimeMs: number
  readonly receivedTimeMs: number
  /** The same two times on the monotonic clock. */
  readonly sentMonotonicMs: number
  readonly receivedMonotonicMs: number
  /** Exchange clock at receipt and at sending, microseconds (`usIn`, `usOut`). */
  readonly usIn: number
  readonly usOut: number
}

interface Sample extends OffsetEstimate {
  readonly sampledMonotonicMs: number
}

/**
 * Estimates the offset of the exchange clock from the four times of each response: offset =
 * ((T2-T1)+(T3-T4))/2, round trip = (T4-T1)-(T3-T2). Uses the sample of the last 5 minutes with the smallest
 * round trip, which has the smallest error.
 */
export class ClockOffset {
  readonly #clock: Clock
  /** Oldest first, ascending round trips: a sample slower than a later one is never the best again. */
  #samples: Sample[] = []
  #wallMinusMonotonicMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMinusMonotonicMs = clock.nowMs() - clock.monotonicMs()
  }

  /** Adds the times of a response; returns its round trip in ms, or null if the times are implausible. */
  add(times: RoundTrip): number | null {
    this.#discardAfterStep()
    // Rejects the sample if the wall clock was set between sending and receipt.
    const wallMs = times.receivedTimeMs - times.sentTimeMs
    const monotonicMs = times.receivedMonotonicMs - times.sentMonotonicMs
    if (Math.abs(wallMs - monotonicMs) > MAX_TICKS_MS) return null
    const usInMs = times.usIn / 1000
    const usOutMs = times.usOut / 1000
    const roundTripMs = times.receivedTimeMs - times.sentTimeMs - (usOutMs - usInMs)
    // A very short round trip may be slightly negative, because the clock has whole milliseconds.
    if (!Number.isFinite(roundTripMs) || roundTripMs < -1 || usOutMs < usInMs) return null
    const offsetMs = (usInMs - times.sentTimeMs + (usOutMs - times.receivedTimeMs)) / 2
    const trip = Math.max(0, roundTripMs)
    const sample = {
      offsetMs,
      roundTripMs: trip,
      uncertaintyMs: trip / 2,
      sampledMonotonicMs: this.#clock.monotonicMs(),
    }
    while ((this.#samples.at(-1)?.roundTripMs ?? -1) >= trip) this.#samples.pop()
    this.#samples.push(sample)
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
    return trip
  }

  /** Returns the best sample of the last 5 minutes; null if there is none. */
  estimate(): OffsetEstimate | null {
    this.#discardAfterStep()
    const oldestMs = this.#clock.monotonicMs() - WINDOW_MS
    while ((this.#samples[0]?.sampledMonotonicMs ?? oldestMs) < oldestMs) this.#samples.shift()
    return this.#samples[0] ?? null
  }

  #discardAfterStep(): void {
    const difference = this.#clock.nowMs() - this.#clock.monotonicMs()
    if (Math.abs(difference - this.#wallMinusMonotonicMs) > MAX_CLOCK_STEP_MS) {
      this.#samples = []
      this.#wallMinusMonotonicMs = difference
    }
  }
}

const PROBES = 8
const INTERVAL_MS = 500

/**
 * Requests the time several times in a row on a new connection. The first responses are slow, because both ends
 * are busy with subscriptions, and the responses to heartbeats are 10 s apart.
 */
export class ClockProbe {
  readonly #clock: Clock
  readonly #ask: () => void
  #remaining = PROBES
  #timer: Timer | null = null

  constructor(ask: () => void, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  start(): void {
    if (this.#remaining === 0) return
    this.#remaining -= 1
    this.#timer = this.#clock.setTimer(() => {
      this.#ask()
      this.start()
    }, INTERVAL_MS)
  }

  stop(): void {
    this.#timer?.cancel()
  }
}
