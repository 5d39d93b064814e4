import { AppError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { ExchangeClock } from './exchange-time.ts'
import type { Exchange } from './exchange.ts'
import type { MarketDriver } from './market-driver.ts'
import type { Market } from './market.ts'
import { OrderFlow } from './order-flow.ts'
import type { Random } from './random.ts'
import { TopsHistory } from './top-history.ts'
import { instrumentOf, makeUniverse, nextName } from './universe.ts'

export interface RandomMarketsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  random: Random
  driver: MarketDriver
}

/** Fills the exchange with random books, at the start and when something new is listed. */
export class RandomMarkets {
  readonly #deps: RandomMarketsDeps

  constructor(deps: RandomMarketsDeps) {
    this.#deps = deps
  }

  /** @throws AppError `ERR_USAGE` naming what is not one of Deribit's names */
  addAll(wanted: readonly string[] | number | undefined): void {
    const { exchange, exchangeClock, random, driver } = this.#deps
    for (const instrument of makeUniverse(wanted, exchangeClock.nowMs())) {
      const market = exchange.add(instrument)
      const flow = new OrderFlow(market, random)
      flow.fill()
      market.commit(exchangeClock.nowMs())
      driver.add({ market, flow })
    }
  }

  /**
   * Adds an instrument that nobody can subscribe yet; its book is empty until it opens.
   * @throws AppError `ERR_USAGE` for a name that is taken or none of Deribit's
   */
  list(wanted: string | null): Market {
    const { exchange, exchangeClock, random, driver } = this.#deps
    const name = wanted ?? nextName(exchange.markets, exchangeClock.nowMs())
    const instrument = instrumentOf(name, 100_000 + exchange.markets.size)
    if (instrument === null || exchange.markets.has(name)) {
      const problem = `scenario listing=${name}: allowed is a name such as BTC-25DEC26-90000-C that is not listed yet`
      throw new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
    }
    const market = exchange.add(instrument)
    market.isOpened = false
    driver.add({ market, flow: new OrderFlow(market, random) })
    return market
  }
}

/** What the tops of the books were lately, for those who compare. */
export class Histories {
  readonly #keepMs: number
  readonly #clock: Clock
  readonly #byMarket = new WeakMap<Market, TopsHistory>()

  constructor(keepMs: number, clock: Clock) {
    this.#keepMs = keepMs
    this.#clock = clock
  }

  watch(market: Market): void {
    if (this.#keepMs === 0 || this.#byMarket.has(market)) return
    this.#byMarket.set(market, new TopsHistory(this.#keepMs, market, this.#clock))
  }

  of(market: Market): TopsHistory | undefined {
    return this.#byMarket.get(market)
  }
}
