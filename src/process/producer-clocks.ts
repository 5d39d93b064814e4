import type { Checkpoint } from './checkpoint.ts'

/** Producers that are known at a time; the one heard of longest ago is forgotten for another. */
const MAX_PRODUCERS = 64

interface ClockReport {
  /** Exchange time minus the producer's wall clock, ms; null while it does not know. */
  readonly offsetMs: number | null
  /** By the record that told it, epoch ms. */
  readonly reportedTimeMs: number
}

/** The clock of the exchange as each producer measured it, which its checkpoints of any book tell. */
export class ProducerClocks {
  readonly #silentAfterMs: number
  readonly #reports = new Map<string, ClockReport>()

  /** @param silentAfterMs a producer that told nothing for so long is gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs
  }

  /** @param timestampMs of the checkpoint's record */
  learn({ producerId, clockOffsetMs }: Checkpoint, timestampMs: number): void {
    // To the end of the order: the first one is the one heard of longest ago.
    this.#reports.delete(producerId)
    if (this.#reports.size >= MAX_PRODUCERS) {
      const [oldest] = this.#reports.keys()
      if (oldest !== undefined) this.#reports.delete(oldest)
    }
    // Also that it is not known any more: an offset from before the clock was set is a wrong one.
    this.#reports.set(producerId, { offsetMs: clockOffsetMs, reportedTimeMs: timestampMs })
  }

  /** null while unknown. */
  offsetMs(producerId: string): number | null {
    return this.#reports.get(producerId)?.offsetMs ?? null
  }

  isSilent(producerId: string, nowMs: number): boolean {
    const report = this.#reports.get(producerId)
    return report === undefined || nowMs - report.reportedTimeMs > this.#silentAfterMs
  }

  /** Where only one producer is heard of, it is that of every book: its offset; null otherwise. */
  onlyOffsetMs(nowMs: number): number | null {
    const heard = [...this.#reports.keys()].filter((id) => !this.isSilent(id, nowMs))
    const [only] = heard
    return only === undefined || heard.length > 1 ? null : this.offsetMs(only)
  }
}
