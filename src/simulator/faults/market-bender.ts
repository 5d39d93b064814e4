import { isSubscribable } from '../channels/market-source.ts'
import type { DrivenMarket, MarketMover } from '../market-driver.ts'
import type { Market } from '../market.ts'
import type { PlatformState } from '../platform-state.ts'
import type { FaultBoard } from './fault-board.ts'

interface MarketFault {
  readonly price: number
  readonly before: number
}

/** Moves the random books, and bends them where a scenario wants them crossed, one-sided or still. */
export class MarketFaults implements MarketMover {
  readonly #board: FaultBoard
  readonly #platform: PlatformState
  /** Bids that lie at or above the best ask, by market. */
  readonly #faults = new Map<Market, MarketFault>()

  constructor(board: FaultBoard, platform: PlatformState) {
    this.#board = board
    this.#platform = platform
  }

  isMoving(market: Market): boolean {
    const { name, priceIndex } = market.instrument
    if (market.state !== 'open' || !isSubscribable(market)) return false
    if (this.#platform.lockedIndices.has(priceIndex)) return false
    if (this.#board.find('still', name) !== null) return false
    return this.#board.find('empty', name) === null
  }

  step({ market, flow }: DrivenMarket, nowMs: number): void {
    const isFaulty = this.#unbend(market)
    flow.step(nowMs)
    if (!isFaulty) this.#apply(market)
    this.#cutSides(market)
    market.commit(nowMs)
  }

  rest({ market }: DrivenMarket, nowMs: number): void {
    if (this.#faults.has(market) && this.#wantedFault(market) === null) this.#unbend(market)
    this.#cutSides(market)
    market.commit(nowMs)
  }

  #wantedFault(market: Market): 'crossed' | 'locked' | null {
    const { name } = market.instrument
    if (this.#board.find('crossed', name) !== null) return 'crossed'
    return this.#board.find('locked', name) !== null ? 'locked' : null
  }

  #apply(market: Market): void {
    const wanted = this.#wantedFault(market)
    const ask = market.book.asks.levels[0]
    if (wanted === null || ask === undefined) return
    const { grid, amountStep } = market.instrument
    const tick = grid.tickOf(ask.price) + (wanted === 'crossed' ? 1 : 0)
    const price = grid.priceAt(tick)
    this.#faults.set(market, { price, before: market.book.bids.amountAt(price) })
    market.set('bids', price, amountStep)
  }

  #unbend(market: Market): boolean {
    const fault = this.#faults.get(market)
    if (fault === undefined) return false
    this.#faults.delete(market)
    market.set('bids', fault.price, fault.before)
    return true
  }

  #cutSides(market: Market): void {
    const { name } = market.instrument
    const oneSided = this.#board.find('one-sided', name)
    const isEmpty = this.#board.find('empty', name) !== null
    if (isEmpty || oneSided?.value === 'ask') market.clear('bids')
    if (isEmpty || oneSided?.value === 'bid') market.clear('asks')
  }
}
