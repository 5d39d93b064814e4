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

/** Decimals that are needed to write multiples of a step. */
export function decimalsOf(step: number): number {
  const [digits = '0', power = '0'] = step.toExponential().split('e')
  const [, fraction = ''] = digits.split('.')
  return Math.max(0, fraction.length - Number(power))
}
