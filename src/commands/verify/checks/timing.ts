import type { Findings } from '../findings.ts'
import type { JsonObject } from '../frame.ts'

const MAX_OFFSET_MS = 1000
const MAX_AHEAD_MS = 1000
const MAX_DELAY_MS = 3000
/** Allowed times of test requests, in heartbeat intervals. */
const FIRST_TEST = { min: 1, max: 1.6 }
const NEXT_TEST = { min: 0.9, max: 1.4 }
const SILENT_AFTER = 3

interface ClockEstimate {
  readonly offsetMs: number
  readonly uncertaintyMs: number
}

/** Checks clocks, delays and heartbeats. Does nothing in recordings without times. */
export class TimingChecks {
  readonly #findings: Findings
  #estimate: ClockEstimate | null = null
  #intervalMs: number | null = null
  #lastTestMs: number | null = null
  #isFirstTest = true
  #lastFrameMs: number | null = null

  constructor(findings: Findings) {
    this.#findings = findings
  }

  /** Best estimate of exchange time minus the recorder's time; null if there is none. */
  get estimate(): ClockEstimate | null {
    return this.#estimate
  }

  /** A new connection has no heartbeat. The clocks stay what they are. */
  reset(): void {
    this.#intervalMs = null
    this.#lastTestMs = null
    this.#lastFrameMs = null
  }

  /** Every frame from the exchange. */
  arrived(receivedMs: number | null): void {
    if (receivedMs === null) return
    this.#checkSilence(receivedMs)
    this.#lastFrameMs = receivedMs
  }

  answered(message: JsonObject, sentMs: number | null, receivedMs: number | null): void {
    const { usIn, usOut, usDiff } = message
    if (usIn === undefined && usOut === undefined) return
    const isOrdered =
      typeof usIn === 'number' &&
      typeof usOut === 'number' &&
      usIn <= usOut &&
      usDiff === usOut - usIn
    this.#findings.check('envelope.times', isOrdered, 'usIn, usOut and usDiff do not fit')
    if (!isOrdered || sentMs === null || receivedMs === null) return
    const uncertaintyMs = Math.max(0, (receivedMs - sentMs - (usOut - usIn) / 1000) / 2)
    const offsetMs = (usIn / 1000 - sentMs + (usOut / 1000 - receivedMs)) / 2
    if (this.#estimate === null || uncertaintyMs <= this.#estimate.uncertaintyMs) {
      this.#estimate = { offsetMs, uncertaintyMs }
    }
    const isNear = Math.abs(offsetMs) - uncertaintyMs <= MAX_OFFSET_MS
    this.#findings.check('clock.offset', isNear, () => `offset of ${seconds(offsetMs)}`)
  }

  /** The timestamp of a frame; `isChange` for those that are sent soon after it. */
  checkTimestamp(exchangeMs: unknown, receivedMs: number | null, isChange: boolean): void {
    if (typeof exchangeMs !== 'number' || receivedMs === null || this.#estimate === null) return
    const { offsetMs, uncertaintyMs } = this.#estimate
    const delayMs = receivedMs + offsetMs - exchangeMs
    const isAhead = delayMs < -MAX_AHEAD_MS - uncertaintyMs
    this.#findings.check('clock.ahead', !isAhead, () => `ahead by ${seconds(-delayMs)}`)
    if (!isChange) return
    const isLate = delayMs > MAX_DELAY_MS + uncertaintyMs
    this.#findings.check('clock.delay', !isLate, () => `late by ${seconds(delayMs)}`)
  }

  heartbeatSet(intervalSeconds: number, receivedMs: number | null): void {
    this.#intervalMs = intervalSeconds * 1000
    this.#lastTestMs = receivedMs
    this.#isFirstTest = true
  }

  testRequested(receivedMs: number | null): void {
    if (receivedMs === null || this.#lastTestMs === null || this.#intervalMs === null) return
    const { min, max } = this.#isFirstTest ? FIRST_TEST : NEXT_TEST
    const intervals = (receivedMs - this.#lastTestMs) / this.#intervalMs
    const isExpected = intervals >= min && intervals <= max
    this.#findings.check('heartbeat.interval', isExpected, () => {
      return `a test request after ${intervals.toFixed(1)} intervals`
    })
    this.#lastTestMs = receivedMs
    this.#isFirstTest = false
  }

  /** Checks at the end of a connection that frames and test requests have not stopped. */
  end(nowMs: number | null): void {
    if (nowMs === null || this.#intervalMs === null) return
    this.#checkSilence(nowMs)
    const { max } = this.#isFirstTest ? FIRST_TEST : NEXT_TEST
    const intervals = (nowMs - (this.#lastTestMs ?? nowMs)) / this.#intervalMs
    if (intervals > max) {
      this.#findings.check('heartbeat.interval', false, 'no further test request')
    }
  }

  #checkSilence(nowMs: number): void {
    if (this.#intervalMs === null || this.#lastFrameMs === null) return
    const intervals = (nowMs - this.#lastFrameMs) / this.#intervalMs
    this.#findings.check('heartbeat.silence', intervals <= SILENT_AFTER, 'no frame for 3 intervals')
  }
}

/** Rounded to whole seconds, so that equal problems are counted together. */
function seconds(ms: number): string {
  return `about ${Math.round(ms / 1000)} s`
}
