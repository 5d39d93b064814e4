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

  /** Sets the price index of an instrument, such as `btc_usd`: locking it locks the instrument. */
  setPriceIndex(instrument: string, priceIndex: string): void {
    this.#priceIndices.set(instrument, priceIndex)
  }

  /**
   * Sets the lock of a price index; true if it changed. The exchange repeats locks several times a
   * second.
   */
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

  /**
   * Status of an instrument: maintenance first, then its own status unless `open`, then the lock of
   * its price index. null while the exchange has reported none.
   */
  of(instrument: string): InstrumentStatus | null {
    if (this.isMaintenance) return 'maintenance'
    const status = this.#statuses.get(instrument) ?? null
    if (status !== null && status !== 'open') return status
    const priceIndex = this.#priceIndices.get(instrument)
    const isLocked = priceIndex !== undefined && this.#lockedIndices.has(priceIndex)
    return isLocked ? 'locked' : status
  }
}
