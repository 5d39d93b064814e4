import type { Snapshot } from '../../client/api-client.ts'
import type { Reading } from './market.ts'
import { SampleRing, type Samples } from './sample-ring.ts'

export const SAMPLE_MS = 500
/** Browsers suspend hidden pages: a longer pause is drawn as a gap, ms. */
const MAX_PAUSE_MS = 3000
/** Most instruments whose history is kept; the least recently viewed is evicted. */
const MAX_INSTRUMENTS = 60

/** History of each subscribed book over the last ten minutes, as received by the page. */
export class History {
  readonly #rings = new Map<string, SampleRing>()

  sample(name: string, reading: Reading, timeMs: number): void {
    const ring = this.#rings.get(name) ?? new SampleRing()
    // Moved to the end: evicted last.
    this.#rings.delete(name)
    this.#rings.set(name, ring)
    const { lastTimeMs } = ring
    if (lastTimeMs !== null && timeMs - lastTimeMs > MAX_PAUSE_MS) {
      ring.add(lastTimeMs + SAMPLE_MS, null, null, null)
    }
    const book = reading.isLive ? reading.book : null
    ring.add(
      timeMs,
      book?.midPrice ?? null,
      book?.weightedMidPrice ?? null,
      book?.imbalance[nearestDepth(book)] ?? null,
    )
    const oldest = this.#rings.keys().next().value
    if (this.#rings.size > MAX_INSTRUMENTS && oldest !== undefined) this.#rings.delete(oldest)
  }

  /** Returns the history of an instrument; null if there is none. */
  of(name: string): Samples | null {
    return this.#rings.get(name)?.read() ?? null
  }
}

/** Returns the imbalance of the smallest configured depth: by default the best level. */
export function nearestDepth({ imbalance }: Pick<Snapshot, 'imbalance'>): string {
  let nearest = Number.POSITIVE_INFINITY
  for (const depth in imbalance) nearest = Math.min(nearest, Number(depth))
  return String(nearest)
}
