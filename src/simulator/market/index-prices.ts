import { markPriceOf } from '../channels/ticker-streams.ts'
import type { Exchange } from './exchange.ts'

/**
 * Computes the price of each index of the exchange: the mid-price of its first instrument that is
 * not an option.
 */
export function indexPricesOf(exchange: Exchange): ReadonlyMap<string, number> {
  const prices = new Map<string, number>()
  for (const market of exchange.markets.values()) {
    const { priceIndex, option } = market.instrument
    if (option === null && !prices.has(priceIndex)) prices.set(priceIndex, markPriceOf(market))
  }
  for (const index of exchange.indices()) if (!prices.has(index)) prices.set(index, 1)
  return prices
}
