/** Seeded pseudo-random numbers (mulberry32): the same seed gives the same run. */
export class Random {
  #state: number

  /** @param seed any integer; only its lowest 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** Integer in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** 0, 1, 2, ... each `keep` times as likely as the one before. */
  geometric(keep: number, max: number): number {
    let steps = 0
    while (steps < max && this.next() < keep) steps += 1
    return steps
  }

  /** A new array in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items]
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = this.between(0, last)
      const held = order[last] as T
      order[last] = order[other] as T
      order[other] = held
    }
    return order
  }
}

/** A coarser tick above a price, as in `tick_size_steps` of an instrument. */
export interface TickStep {
  readonly abovePrice: number
  readonly tickSize: number
}

/** The prices that an instrument may have, numbered from 0. */
export class PriceGrid {
  readonly tickSize: number
  readonly step: TickStep | null
  readonly #stepTick: number
  readonly #scale: number

  constructor(tickSize: number, step: TickStep | null = null) {
    this.tickSize = tickSize
    this.step = step
    this.#stepTick = step === null ? Infinity : Math.round(step.abovePrice / tickSize)
    this.#scale = 10 ** decimalsOf(tickSize)
  }

  priceAt(tick: number): number {
    const price =
      this.step === null || tick <= this.#stepTick
        ? tick * this.tickSize
        : this.step.abovePrice + (tick - this.#stepTick) * this.step.tickSize
    return Math.round(price * this.#scale) / this.#scale
  }

  /** Number of the nearest price. */
  tickOf(price: number): number {
    if (this.step === null || price <= this.step.abovePrice)
      return Math.round(price / this.tickSize)
    return this.#stepTick + Math.round((price - this.step.abovePrice) / this.step.tickSize)
  }
}

/** Number of decimals needed to write multiples of a step. */
export function decimalsOf(step: number): number {
  const [digits = '0', power = '0'] = step.toExponential().split('e')
  const [, fraction = ''] = digits.split('.')
  return Math.max(0, fraction.length - Number(power))
}
