/** What moves a random book. */
export interface Flow {
  /** Fills an empty book; the caller commits it. */
  fill(): void
  /** One step at the exchange's time; the caller commits it. */
  step(nowMs: number): void
}
