import type { Clock, Timer } from '../../time/clock.ts'
import type { SendBatch } from '../server/outbox.ts'
import type { ExchangeClock } from './exchange-time.ts'
import type { Exchange, Market } from './market.ts'
import { OrderFlow } from './order-flow.ts'
import { type Flow, SignalFlow } from './order-flow.ts'
import type { Random } from './random.ts'
import { AppError } from '../../errors.ts'
import { TopsHistory } from './top-history.ts'
import { instrumentOf, makeUniverse, nextName } from './universe.ts'

export interface DrivenMarket {
  readonly market: Market
  readonly flow: Flow
}

export interface MarketDriverDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  random: Random
  batch: SendBatch
  mover: MarketMover
}

/** Callbacks of a market for each visit of the driver. */
export interface MarketMover {
  /** Whether the book may change on its own now. */
  isMoving(market: Market): boolean
  /** One change. */
  step(driven: DrivenMarket, nowMs: number): void
  /** A visit without a change. */
  rest(driven: DrivenMarket, nowMs: number): void
}

const TICK_MS = 5
const BUCKETS_PER_SECOND = 10
/** `agg2` is documented as 2 s and measured at about 1 s. */
const BUCKETS_PER_AGG2 = 10
const MAX_VISITS_PER_BUCKET = 10
/** Changes missed by a longer suspension of the process are not made up, ms. */
const MAX_CATCH_UP_MS = 200

/**
 * Schedules the changes of the random books. The markets form a ring that is visited at a steady
 * rate, so that the buckets of 3,000 instruments end at different times and the load is even. Each
 * visit may change the book, and one visit per bucket ends the bucket.
 */
export class MarketDriver {
  readonly #deps: MarketDriverDeps
  readonly #markets: DrivenMarket[] = []
  #ratePerSecond = 0
  #next = 0
  #round = 0
  #carry = 0
  #dueVisits = 0
  #lastMs = 0
  #timer: Timer | null = null

  constructor(deps: MarketDriverDeps) {
    this.#deps = deps
  }

  get markets(): readonly DrivenMarket[] {
    return this.#markets
  }

  add(driven: DrivenMarket): void {
    this.#markets.push(driven)
  }

  /** Changes of books a second, over all instruments. */
  setRate(ratePerSecond: number): void {
    this.#ratePerSecond = ratePerSecond
  }

  start(): void {
    this.#lastMs = this.#deps.clock.monotonicMs()
    this.#arm()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #arm(): void {
    this.#timer = this.#deps.clock.setTimer(() => {
      this.#tick()
      this.#arm()
    }, TICK_MS)
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    const elapsedMs = Math.min(nowMs - this.#lastMs, MAX_CATCH_UP_MS)
    this.#lastMs = nowMs
    const visitsPerBucket = this.#visitsPerBucket()
    const visitsPerSecond = this.#markets.length * BUCKETS_PER_SECOND * visitsPerBucket
    this.#dueVisits += (elapsedMs / 1000) * visitsPerSecond
    this.#deps.batch.open()
    try {
      for (; this.#dueVisits >= 1; this.#dueVisits -= 1) {
        this.#visit(this.#ratePerSecond / visitsPerSecond, visitsPerBucket)
      }
    } finally {
      this.#deps.batch.close()
    }
  }

  /**
   * One visit suffices for ten changes per second and instrument; above that, changes are
   * coalesced.
   */
  #visitsPerBucket(): number {
    const perBucket = this.#ratePerSecond / (this.#markets.length * BUCKETS_PER_SECOND)
    return Math.max(1, Math.min(MAX_VISITS_PER_BUCKET, Math.ceil(perBucket)))
  }

  #visit(changesPerVisit: number, visitsPerBucket: number): void {
    if (this.#next >= this.#markets.length) {
      this.#next = 0
      this.#round += 1
    }
    const position = this.#next
    const driven = this.#markets[position]
    this.#next += 1
    if (driven === undefined) return
    const { market } = driven
    const { mover, exchangeClock } = this.#deps
    const changes = mover.isMoving(market) ? this.#drawChanges(changesPerVisit) : 0
    const nowMs = exchangeClock.nowMs()
    if (changes === 0) mover.rest(driven, nowMs)
    for (let change = 0; change < changes; change += 1) mover.step(driven, nowMs)
    if (this.#round % visitsPerBucket !== 0) return
    for (const stream of market.buckets['100ms']) stream.flush()
    const bucket = this.#round / visitsPerBucket
    if ((bucket + position) % BUCKETS_PER_AGG2 !== 0) return
    for (const stream of market.buckets.agg2) stream.flush()
  }

  /** Random, but close to the requested rate: an excess is subtracted from the next draw. */
  #drawChanges(changesPerVisit: number): number {
    this.#carry += changesPerVisit
    const whole = Math.floor(this.#carry)
    const roundsUp = this.#deps.random.chance(this.#carry - whole)
    const changes = Math.max(0, whole + (roundsUp ? 1 : 0))
    this.#carry -= changes
    return changes
  }
}

interface RandomMarketsDeps {
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
