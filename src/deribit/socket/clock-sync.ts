import type { OffsetEstimate } from '../../model/feed.ts'
import type { Clock, Timer } from '../../time/clock.ts'

/** Samples older than this say nothing of the offset now. */
const WINDOW_MS = 300_000
/** The wall clock moved against the monotonic one by more than this: it was set, all samples are void. */
const MAX_CLOCK_STEP_MS = 50
/** The wall clock has whole milliseconds: so much may two durations differ by rounding. */
const MAX_TICKS_MS = 2
/** One sample a second for five minutes, and some more. */
const MAX_SAMPLES = 1024

export interface RoundTrip {
  /** Local wall clock at sending and at receipt, epoch ms. */
  readonly sentTimeMs: number
  readonly receivedTimeMs: number
  /** The same two moments on the monotonic clock. */
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
 * The exchange's clock as seen from here, from the four times of each answer: offset =
 * ((T2-T1)+(T3-T4))/2, round trip = (T4-T1)-(T3-T2). Of the last 5 minutes the sample with the
 * smallest round trip counts, as it leaves the least room for error.
 */
export class ClockOffset {
  readonly #clock: Clock
  /** Oldest first, round trips rising: a sample slower than a later one can never be the best again. */
  #samples: Sample[] = []
  #wallMinusMonotonicMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMinusMonotonicMs = clock.nowMs() - clock.monotonicMs()
  }

  /** Takes one answer; gives its round trip in ms, or null where its times make no sense. */
  add(times: RoundTrip): number | null {
    this.#discardAfterStep()
    // The wall clock was set between sending and receipt: the trip was not what it looks like.
    const wallMs = times.receivedTimeMs - times.sentTimeMs
    const monotonicMs = times.receivedMonotonicMs - times.sentMonotonicMs
    if (Math.abs(wallMs - monotonicMs) > MAX_TICKS_MS) return null
    const usInMs = times.usIn / 1000
    const usOutMs = times.usOut / 1000
    const roundTripMs = times.receivedTimeMs - times.sentTimeMs - (usOutMs - usInMs)
    // The clock has whole milliseconds: a very short trip may come out just below zero.
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

  /** The best sample of the last 5 minutes; null where there is none. */
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
 * Asks a new connection for the time a few times in a row. Its first answers come while both ends are
 * busy with subscriptions and say little of the offset; the answers to heartbeats would be ten seconds
 * apart.
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
