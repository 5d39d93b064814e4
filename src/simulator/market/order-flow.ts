import type { Market } from './market.ts'
import { decimalsOf, type Random } from './random.ts'
import type { BookSide } from './reference-book.ts'

/** What moves a random book. */
export interface Flow {
  /** Fills an empty book; the caller commits it. */
  fill(): void
  /** One step at the exchange's time; the caller commits it. */
  step(nowMs: number): void
}

/** Shares measured on a live book: about 11 % of the actions alter an amount. */
const ALTER_SHARE = 0.11
const TAKE_SHARE = 0.12
const MIN_LEVELS = 2
const MAX_ACTIONS = 20
/** Largest distance of the price from its target, in ticks. */
const MAX_PULL_TICKS = 400

/**
 * Random order flow around a moving price: orders are added, changed and removed, takers remove
 * the best levels. The book is never crossed, locked or empty after a step.
 */
export class OrderFlow implements Flow {
  readonly #random: Random
  readonly #market: Market
  /** Target of the price, as a tick of the grid. */
  #referenceTick: number
  #lastPrice = 0
  readonly #decimals: number

  constructor(market: Market, random: Random) {
    this.#market = market
    this.#random = random
    this.#referenceTick = Math.max(3, market.instrument.grid.tickOf(market.instrument.startPrice))
    this.#decimals = decimalsOf(market.instrument.amountStep)
  }

  /** Fills both sides around the reference price. */
  fill(): void {
    const { instrument } = this.#market
    for (let level = 0; level < instrument.levelsPerSide; level += 1) {
      this.#put('bids', this.#referenceTick - 1 - level)
      this.#put('asks', this.#referenceTick + level)
    }
    if (instrument.kind === 'option') return
    // The exchange has levels far from the price: half and one and a half times the price.
    this.#put('bids', Math.floor(this.#referenceTick / 2))
    this.#put('asks', Math.floor(this.#referenceTick * 1.5))
  }

  /** Performs one to three actions, more if they changed nothing; the caller commits them. */
  step(nowMs: number): void {
    this.#referenceTick = Math.max(3, this.#referenceTick + this.#random.next() * 2 - 1)
    this.#refillEmptySides()
    const actions = this.#random.between(1, 3)
    for (let action = 0; action < MAX_ACTIONS; action += 1) {
      if (action >= actions && this.#market.isChanged) break
      if (this.#random.chance(TAKE_SHARE)) this.#takeLiquidity(nowMs)
      else this.#act(this.#random.chance(0.5) ? 'bids' : 'asks')
    }
  }

  #refillEmptySides(): void {
    const { bids, asks } = this.#market.book
    if (bids.levels.length > 0 && asks.levels.length > 0) return
    const bestBid = bids.levels[0]?.price ?? 0
    const bestAsk = asks.levels[0]?.price ?? Infinity
    const { grid } = this.#market.instrument
    for (let level = 0; level < 5; level += 1) {
      const bid = Math.floor(this.#referenceTick) - 1 - level
      const ask = Math.floor(this.#referenceTick) + level
      if (bids.levels.length <= level && grid.priceAt(bid) < bestAsk) this.#put('bids', bid)
      if (asks.levels.length <= level && grid.priceAt(ask) > bestBid) this.#put('asks', ask)
    }
  }

  #act(side: BookSide): void {
    const { levels } = this.#market.book[side]
    const target = this.#market.instrument.levelsPerSide
    if (this.#random.chance(ALTER_SHARE)) {
      const level = levels[this.#random.geometric(0.7, levels.length - 1)]
      if (level !== undefined) this.#market.set(side, level.price, this.#amount())
    } else if (levels.length < target * (0.8 + 0.4 * this.#random.next())) {
      this.#add(side)
    } else {
      this.#remove(side)
    }
  }

  #add(side: BookSide): void {
    const { grid } = this.#market.instrument
    const bid = this.#market.book.bids.levels[0]
    const ask = this.#market.book.asks.levels[0]
    if (bid === undefined || ask === undefined) return
    const bidTick = grid.tickOf(bid.price)
    const askTick = grid.tickOf(ask.price)
    const insideTicks = askTick - bidTick - 1
    const improves = insideTicks > 0 && this.#random.chance(0.4)
    const towards = side === 'bids' ? 1 : -1
    const best = side === 'bids' ? bidTick : askTick
    const offset = improves
      ? this.#random.between(1, Math.min(insideTicks, 3))
      : -this.#random.geometric(0.9, this.#market.instrument.levelsPerSide)
    this.#put(side, best + towards * offset)
  }

  #remove(side: BookSide): void {
    const { levels } = this.#market.book[side]
    if (levels.length <= MIN_LEVELS) return
    // Far levels are removed more often, so that the book follows its price.
    const fromTop = this.#random.geometric(0.8, levels.length - 1)
    const position = this.#random.chance(0.35) ? Math.max(0, levels.length - 2) : fromTop
    const level = levels[position]
    if (level !== undefined) this.#market.set(side, level.price, 0)
  }

  /**
   * A taker reduces the best level; if the level is consumed, the taker's side often moves to that
   * price.
   */
  #takeLiquidity(nowMs: number): void {
    const market = this.#market
    const bid = market.book.bids.levels[0]
    const ask = market.book.asks.levels[0]
    if (bid === undefined || ask === undefined) return
    const { grid } = market.instrument
    const pull = this.#referenceTick - (grid.tickOf(bid.price) + grid.tickOf(ask.price)) / 2
    const buyShare = 0.5 + 0.4 * Math.max(-1, Math.min(1, pull / 10))
    if (Math.abs(pull) > MAX_PULL_TICKS) this.#referenceTick -= pull / 2
    const isBuy = this.#random.chance(buyShare)
    const side: BookSide = isBuy ? 'asks' : 'bids'
    const level = isBuy ? ask : bid
    const isWhole = market.book[side].levels.length > MIN_LEVELS && this.#random.chance(0.5)
    const part = this.#round(level.amount * this.#random.next())
    if (!isWhole && (part === 0 || part >= level.amount)) return
    const amount = isWhole ? level.amount : part
    market.trade({
      timestampMs: nowMs,
      price: level.price,
      amount,
      direction: isBuy ? 'buy' : 'sell',
      tickDirection: this.#tickDirection(level.price, isBuy),
      markPrice: level.price,
      indexPrice: level.price,
    })
    market.set(side, level.price, isWhole ? 0 : this.#round(level.amount - amount))
    if (isWhole && this.#random.chance(0.6)) {
      market.set(isBuy ? 'bids' : 'asks', level.price, this.#amount())
    }
  }

  #tickDirection(price: number, isBuy: boolean): 0 | 1 | 2 | 3 {
    const before = this.#lastPrice
    this.#lastPrice = price
    if (price > before) return 0
    if (price < before) return 2
    return isBuy ? 1 : 3
  }

  #put(side: BookSide, tick: number): void {
    if (tick < 1) return
    this.#market.set(side, this.#market.instrument.grid.priceAt(Math.floor(tick)), this.#amount())
  }

  /** Draws an amount: mostly small, sometimes large, every third one round. */
  #amount(): number {
    const { amountStep } = this.#market.instrument
    const steps = Math.ceil(Math.exp(this.#random.next() * 8) * (this.#random.next() + 0.2))
    const units = this.#random.chance(0.33) ? 10 ** Math.round(Math.log10(steps)) : steps
    return this.#round(Math.max(1, units) * amountStep)
  }

  #round(amount: number): number {
    const { amountStep } = this.#market.instrument
    return Number((Math.floor(amount / amountStep + 1e-6) * amountStep).toFixed(this.#decimals))
  }
}

/** Share of the steps that move the price. */
const MOVE_SHARE = 0.3
const MIN_SIGNAL_LEVELS = 12
/** Amount of both best levels together, in steps. */
const TOP_STEPS = 2000
/** Range of the absolute imbalance of the best levels. */
const MIN_IMBALANCE = 0.05
const MAX_IMBALANCE = 0.95
const MIN_TICK = 2

/**
 * Random order flow whose next move is known to follow the imbalance with a given probability, to
 * check what measures that. The spread is one tick. Between two moves the imbalance of the best
 * levels changes its size, but not its sign; the next move has that sign with the probability
 * `strength`, independent of all others. After a move the sign is drawn again.
 */
export class SignalFlow implements Flow {
  readonly #market: Market
  readonly #random: Random
  readonly #strength: number
  #bidTick: number
  #sign: 1 | -1 = 1

  /** @param strength 0 to 1; 0.5 is no signal */
  constructor(market: Market, random: Random, strength: number) {
    this.#market = market
    this.#random = random
    this.#strength = strength
    const { grid, startPrice } = market.instrument
    this.#bidTick = Math.max(grid.tickOf(startPrice), MIN_TICK + this.#levels)
  }

  get #levels(): number {
    return Math.max(this.#market.instrument.levelsPerSide, MIN_SIGNAL_LEVELS)
  }

  fill(): void {
    for (let level = 1; level < this.#levels; level += 1) {
      this.#put('bids', this.#bidTick - level)
      this.#put('asks', this.#bidTick + 1 + level)
    }
    this.#drawTop(this.#drawSign())
  }

  step(nowMs: number): void {
    const { bids, asks } = this.#market.book
    // A fault may have emptied a side.
    if (bids.levels.length === 0 || asks.levels.length === 0) this.fill()
    else if (this.#random.chance(MOVE_SHARE)) this.#move(nowMs)
    else this.#drawTop(this.#sign)
  }

  #move(nowMs: number): void {
    const follows = this.#random.chance(this.#strength)
    const direction = follows ? this.#sign : -this.#sign
    if (this.#bidTick + direction <= MIN_TICK) return
    const market = this.#market
    const { grid } = market.instrument
    const isUp = direction === 1
    const [taken, given] = isUp ? (['asks', 'bids'] as const) : (['bids', 'asks'] as const)
    const tick = isUp ? this.#bidTick + 1 : this.#bidTick
    const price = grid.priceAt(tick)
    market.trade({
      timestampMs: nowMs,
      price,
      amount: market.book[taken].amountAt(price),
      direction: isUp ? 'buy' : 'sell',
      tickDirection: isUp ? 0 : 2,
      markPrice: price,
      indexPrice: price,
    })
    market.set(taken, price, 0)
    this.#bidTick += direction
    // The far ends move along.
    this.#put(taken, isUp ? this.#bidTick + this.#levels : this.#bidTick - this.#levels + 1)
    const last = isUp ? this.#bidTick - this.#levels : this.#bidTick + this.#levels + 1
    if (last > 0) market.set(given, grid.priceAt(last), 0)
    this.#drawTop(this.#drawSign())
  }

  #drawSign(): 1 | -1 {
    return this.#random.chance(0.5) ? 1 : -1
  }

  /** Draws the amounts of the best levels; the larger one is on the side of `sign`. */
  #drawTop(sign: 1 | -1): void {
    this.#sign = sign
    const size = MIN_IMBALANCE + (MAX_IMBALANCE - MIN_IMBALANCE) * this.#random.next()
    const bids = Math.round((TOP_STEPS * (1 + sign * size)) / 2)
    this.#put('bids', this.#bidTick, bids)
    this.#put('asks', this.#bidTick + 1, TOP_STEPS - bids)
  }

  #put(side: 'bids' | 'asks', tick: number, steps = this.#random.between(1, TOP_STEPS)): void {
    if (tick < 1) return
    const { grid, amountStep } = this.#market.instrument
    const amount = Number((steps * amountStep).toPrecision(12))
    this.#market.set(side, grid.priceAt(tick), amount)
  }
}
