import { AppError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { ExchangeClock } from './exchange-time.ts'
import type { Exchange } from './exchange.ts'
import type { Flow } from './flow.ts'
import type { MarketDriver } from './market-driver.ts'
import type { Market } from './market.ts'
import { OrderFlow } from './order-flow.ts'
import type { Random } from './random.ts'
import { SignalFlow } from './signal-flow.ts'
import { TopsHistory } from './top-history.ts'
import { instrumentOf, makeUniverse, nextName } from './universe.ts'

export interface RandomMarketsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  random: Random
  driver: MarketDriver
}

/** Adds random books to the exchange, at the start and for new listings. */
export class RandomMarkets {
  readonly #deps: RandomMarketsDeps
  readonly #signalStrength: number | null

  /** @param signalStrength probability that a move follows the imbalance; null: realistic flow */
  constructor(signalStrength: number | null, deps: RandomMarketsDeps) {
    this.#signalStrength = signalStrength
    this.#deps = deps
  }

  /** @throws AppError `ERR_USAGE` naming each instrument that does not follow Deribit's naming */
  addAll(wanted: readonly string[] | number | undefined): void {
    const { exchange, exchangeClock, driver } = this.#deps
    for (const instrument of makeUniverse(wanted, exchangeClock.nowMs())) {
      const market = exchange.add(instrument)
      const flow = this.#flowOf(market)
      flow.fill()
      market.commit(exchangeClock.nowMs())
      driver.add({ market, flow })
    }
  }

  /**
   * Adds an instrument that cannot be subscribed yet; its book is empty until it opens.
   * @throws AppError `ERR_USAGE` for a name that exists already or does not follow Deribit's
   * naming
   */
  list(wanted: string | null): Market {
    const { exchange, exchangeClock, driver } = this.#deps
    const name = wanted ?? nextName(exchange.markets, exchangeClock.nowMs())
    const instrument = instrumentOf(name, 100_000 + exchange.markets.size)
    if (instrument === null || exchange.markets.has(name)) {
      const problem = `scenario listing=${name}: expected a name such as BTC-25DEC26-90000-C that is not listed yet`
      throw new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
    }
    const market = exchange.add(instrument)
    market.isOpened = false
    driver.add({ market, flow: this.#flowOf(market) })
    return market
  }

  #flowOf(market: Market): Flow {
    const { random } = this.#deps
    const strength = this.#signalStrength
    return strength === null
      ? new OrderFlow(market, random)
      : new SignalFlow(market, random, strength)
  }
}

/** Recent best levels of the books, for comparisons in tests. */
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
