import type { InstrumentStatus } from '../model/status.ts'

/**
 * Tracks the exchange's status of each instrument: its own state, locks of its price index, and
 * maintenance of the platform.
 */
export class InstrumentStatuses {
  readonly #statuses = new Map<string, InstrumentStatus>()
  readonly #priceIndices = new Map<string, string>()
  readonly #lockedIndices = new Set<string>()
  isMaintenance = false

  set(instrument: string, status: InstrumentStatus): void {
    this.#statuses.set(instrument, status)
  }

  /** @param priceIndex such as `btc_usd`; locking it locks the instrument */
  setPriceIndex(instrument: string, priceIndex: string): void {
    this.#priceIndices.set(instrument, priceIndex)
  }

  /** True if that is new: the exchange repeats the locks several times a second. */
  setIndexLock(priceIndex: string, isLocked: boolean): boolean {
    if (this.#lockedIndices.has(priceIndex) === isLocked) return false
    if (isLocked) this.#lockedIndices.add(priceIndex)
    else this.#lockedIndices.delete(priceIndex)
    return true
  }

  /** Replaces the set of locked price indices. */
  setLockedIndices(priceIndices: readonly string[]): void {
    this.#lockedIndices.clear()
    for (const priceIndex of priceIndices) this.#lockedIndices.add(priceIndex)
  }

  forget(instrument: string): void {
    this.#statuses.delete(instrument)
    this.#priceIndices.delete(instrument)
  }

  /** Returns the status; null while the exchange has reported none. */
  of(instrument: string): InstrumentStatus | null {
    if (this.isMaintenance) return 'maintenance'
    const status = this.#statuses.get(instrument) ?? null
    if (status !== null && status !== 'open') return status
    const priceIndex = this.#priceIndices.get(instrument)
    const isLocked = priceIndex !== undefined && this.#lockedIndices.has(priceIndex)
    return isLocked ? 'locked' : status
  }
}
