/** A moment on both clocks: turns monotonic stamps of the same process into epoch ms with fraction. */
export interface Instant {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function epochMs(
  { wallMs: timeMs, monotonicMs }: Instant,
  monotonicTimestampMs: number,
): number {
  return timeMs + (monotonicTimestampMs - monotonicMs)
}

/** What the spans say of a frame. */
export interface TracedFrame {
  readonly instrument: string
  readonly channel: string
  readonly changeId: number
  readonly exchangeTimeMs: number
}

/** What the spans say of a record. Nothing in it is trusted. */
export interface TracedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly arrivedTimeMs: number
  readonly arrivedMonotonicMs: number
  readonly isReplayed: boolean
}
