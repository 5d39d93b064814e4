import type { InstrumentWord } from '../model/feed.ts'

/** The exchange's word for each instrument, from its own state, its price index and the platform. */
export class InstrumentWords {
  readonly #words = new Map<string, InstrumentWord>()
  readonly #priceIndices = new Map<string, string>()
  readonly #lockedIndices = new Set<string>()
  isMaintenance = false

  set(instrument: string, word: InstrumentWord): void {
    this.#words.set(instrument, word)
  }

  /** @param priceIndex such as `btc_usd`; locks of it are locks of the instrument */
  setPriceIndex(instrument: string, priceIndex: string): void {
    this.#priceIndices.set(instrument, priceIndex)
  }

  setIndexLock(priceIndex: string, isLocked: boolean): void {
    if (isLocked) this.#lockedIndices.add(priceIndex)
    else this.#lockedIndices.delete(priceIndex)
  }

  /** These are locked, and no others. */
  setLockedIndices(priceIndices: readonly string[]): void {
    this.#lockedIndices.clear()
    for (const priceIndex of priceIndices) this.#lockedIndices.add(priceIndex)
  }

  forget(instrument: string): void {
    this.#words.delete(instrument)
    this.#priceIndices.delete(instrument)
  }

  /** null where the exchange has said nothing of it. */
  of(instrument: string): InstrumentWord | null {
    if (this.isMaintenance) return 'maintenance'
    const word = this.#words.get(instrument) ?? null
    if (word !== null && word !== 'open') return word
    const priceIndex = this.#priceIndices.get(instrument)
    const isLocked = priceIndex !== undefined && this.#lockedIndices.has(priceIndex)
    return isLocked ? 'locked' : word
  }
}
