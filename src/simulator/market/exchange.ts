import type { Instrument } from './instrument.ts'
import { ChangeIds, Market } from './market.ts'
import type { Random } from './random.ts'

/** Holds every market of the simulated exchange and the id counters that they share. */
export class Exchange {
  readonly markets = new Map<string, Market>()
  readonly #random: Random
  readonly #ids = new Map<string, ChangeIds>()

  constructor(random: Random) {
    this.#random = random
  }

  add(instrument: Instrument): Market {
    const market = new Market(instrument, this.#idsOf(instrument))
    this.markets.set(instrument.name, market)
    return market
  }

  /** Price indices that the instruments refer to. */
  indices(): string[] {
    return [...new Set([...this.markets.values()].map(({ instrument }) => instrument.priceIndex))]
  }

  /** Resets every counter to a value below its start. */
  restartIds(id: number): void {
    for (const ids of this.#ids.values()) ids.restartAt(id)
  }

  /** All linear books share one counter, each inverse currency has its own. */
  #idsOf(instrument: Instrument): ChangeIds {
    const pool = instrument.isLinear ? 'USDC' : instrument.base
    const ids = this.#ids.get(pool) ?? new ChangeIds(this.#random)
    this.#ids.set(pool, ids)
    return ids
  }
}
