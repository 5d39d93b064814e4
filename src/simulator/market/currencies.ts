import { float } from '../wire/json.ts'
import type { Exchange } from './exchange.ts'

/** Currencies that the exchange lists even without an instrument. */
const NAMES: Readonly<Record<string, string>> = {
  BTC: 'Bitcoin',
  ETH: 'Ethereum',
  USDC: 'USD Coin',
  USDT: 'Tether USD',
  EURR: 'StablR Euro',
  SOL: 'Solana',
  XRP: 'XRP',
  PAXG: 'Paxos Gold',
  BNB: 'Binance Coin',
}
/** Blockchain of a coin, if it is named differently. */
const COIN_TYPES: Readonly<Record<string, string>> = { BTC: 'BITCOIN', ETH: 'ETHER' }

/** Returns every currency of the exchange: the fixed list and those of its instruments. */
export function currenciesOf(exchange: Exchange): string[] {
  const currencies = new Set(Object.keys(NAMES))
  for (const { instrument } of exchange.markets.values()) {
    currencies.add(instrument.base)
    if (instrument.quote !== 'USD') currencies.add(instrument.quote)
  }
  return [...currencies]
}

export function isListed(currency: string, exchange: Exchange): boolean {
  return currenciesOf(exchange).includes(currency)
}

/** The currency object of `public/get_currencies`. */
export function describeCurrency(currency: string): object {
  return {
    coin_type: COIN_TYPES[currency] ?? currency,
    currency,
    currency_long: NAMES[currency] ?? currency,
    decimals: 6,
    fee_precision: 4,
    in_cross_collateral_pool: false,
    min_confirmations: 1,
    min_withdrawal_fee: float(0.0001),
    withdrawal_fee: float(0.0001),
    withdrawal_priorities: [],
  }
}
