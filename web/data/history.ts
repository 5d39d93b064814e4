import type { Snapshot } from '../../client/api-client.ts'
import type { Reading } from './market.ts'
import { SampleRing, type Samples } from './sample-ring.ts'

export const SAMPLE_MS = 500
/** A browser lets hidden pages sleep: what was not seen is no line between two points. */
const MAX_PAUSE_MS = 3000
/** Instruments whose past is kept; who was looked at longest ago goes first. */
const MAX_INSTRUMENTS = 60

/** What the page itself saw of each followed book over the last ten minutes. */
export class History {
  readonly #rings = new Map<string, SampleRing>()

  sample(name: string, reading: Reading, timeMs: number): void {
    const ring = this.#rings.get(name) ?? new SampleRing()
    // Last in order: the newest to go.
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

  /** null: nothing was seen of it. */
  of(name: string): Samples | null {
    return this.#rings.get(name)?.read() ?? null
  }
}

/** The smallest configured depth: that of the best level unless the settings say otherwise. */
export function nearestDepth({ imbalance }: Pick<Snapshot, 'imbalance'>): string {
  let nearest = Number.POSITIVE_INFINITY
  for (const depth in imbalance) nearest = Math.min(nearest, Number(depth))
  return String(nearest)
}
