import type { Market } from './market.ts'
import type { Random } from './random.ts'

/** What moves a random book. */
export interface Flow {
  /** Fills an empty book; the caller commits it. */
  fill(): void
  /** One step at the exchange's time; the caller commits it. */
  step(nowMs: number): void
}

/** Share of the steps that move the price. */
const MOVE_SHARE = 0.3
const MIN_LEVELS = 12
/** Amount of both best levels together, in steps. */
const TOP_STEPS = 2000
/** Range of the absolute imbalance of the best levels. */
const MIN_IMBALANCE = 0.05
const MAX_IMBALANCE = 0.95
const LEAST_TICK = 2

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
    this.#bidTick = Math.max(grid.tickOf(startPrice), LEAST_TICK + this.#levels)
  }

  get #levels(): number {
    return Math.max(this.#market.instrument.levelsPerSide, MIN_LEVELS)
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
    if (this.#bidTick + direction <= LEAST_TICK) return
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
