import type { Checkpoint } from './checkpoint.ts'

/** Producers that are known at a time; the one heard of longest ago is forgotten for another. */
const MAX_PRODUCERS = 64

interface Told {
  /** Exchange time minus the producer's wall clock, ms; null while it does not know. */
  readonly offsetMs: number | null
  /** By the record that told it, epoch ms. */
  readonly toldTimeMs: number
}

/** The clock of the exchange as each producer measured it, which its checkpoints of any book tell. */
export class ProducerClocks {
  readonly #silentAfterMs: number
  readonly #told = new Map<string, Told>()

  /** @param silentAfterMs a producer that told nothing for so long is gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** @param timestampMs of the checkpoint's record */
  learn({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    // To the end of the order: the first one is the one heard of longest ago.
    this.#told.delete(producerId)
    if (this.#told.size >= MAX_PRODUCERS) {
      const [oldest] = this.#told.keys()
      if (oldest !== undefined) this.#told.delete(oldest)
    }
    // Also that it is not known any more: an offset from before the clock was set is a wrong one.
    this.#told.set(producerId, { offsetMs: clockOffsetMs, toldTimeMs: timestampMs })
  }

  /** null while unknown. */
  offsetMs(producerId: string): number | null {
    return this.#told.get(producerId)?.offsetMs ?? null
  }

  isSilent(producerId: string, nowMs: number): boolean {
    const told = this.#told.get(producerId)
    return told === undefined || nowMs - told.toldTimeMs > this.#silentAfterMs
  }

  /** Where only one producer is heard of, it is that of every book: its offset; null otherwise. */
  onlyOffsetMs(nowMs: number): number | null {
    const heard = [...this.#told.keys()].filter((id) => !this.isSilent(id, nowMs))
    const [only] = heard
    return only === undefined || heard.length > 1 ? null : this.offsetMs(only)
  }
}
