import type { Clock } from '../model/clock.ts'

/** Two clocks read together. */
export interface Instant {
  /** Epoch ms. */
  readonly wallMs: number
  readonly monotonicMs: number
}

export function instantOf(clock: Clock): Instant {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
}
