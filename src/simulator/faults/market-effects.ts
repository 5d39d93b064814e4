import type { Clock } from '../../time/clock.ts'
import { isSubscribable } from '../channels/create-stream.ts'
import type { ChannelHub } from '../channels/hub.ts'
import type { ExchangeClock } from '../market/exchange-time.ts'
import type { Exchange, Market } from '../market/market.ts'
import { type InstrumentState, NO_EXPIRATION_MS } from '../market/instrument.ts'
import type { DrivenMarket, MarketMover } from '../market/market-driver.ts'
import type { PlatformState } from '../market/platform.ts'
import type { Effect, FaultBoard } from './board.ts'
import type { Fault } from './catalogue.ts'

export interface MarketEffectsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  hub: ChannelHub
}

/** Sets the state of a book and publishes it on `instrument.state.*`. */
export function announceState(
  market: Market,
  state: InstrumentState,
  { hub, exchangeClock }: Pick<MarketEffectsDeps, 'hub' | 'exchangeClock'>,
): void {
  market.state = state
  hub.announceInstrument('instrument_state', market.instrument, {
    timestamp: exchangeClock.nowMs(),
    state,
    instrument_name: market.instrument.name,
  })
}

/** Faults of individual books. */
export function createMarketEffects(deps: MarketEffectsDeps): Readonly<Record<string, Effect>> {
  const { clock, exchangeClock, exchange, hub } = deps
  const targets = ({ instruments }: Fault, isAffected: (market: Market) => boolean): Market[] => {
    const markets = [...exchange.markets.values()]
    if (instruments === null) return markets.filter(isAffected)
    return markets.filter(({ instrument }) => instruments.includes(instrument.name))
  }
  const empty = (market: Market): void => {
    market.clear('bids')
    market.clear('asks')
    market.commit(exchangeClock.nowMs())
  }

  return {
    settlement: (fault, done) => {
      const markets = targets(fault, (market) => market.state === 'open')
      for (const market of markets) {
        announceState(market, 'settlement', deps)
        empty(market)
      }
      const open = (): void => {
        for (const market of markets) announceState(market, 'open', deps)
      }
      const timer = clock.setTimer(() => {
        open()
        done()
      }, Number(fault.value))
      return () => {
        timer.cancel()
        open()
      }
    },

    // An expiry is not undone: ending it early only omits the last state.
    expiry: (fault, done) => {
      const markets = targets(fault, isDated)
      for (const market of markets) {
        announceState(market, 'delivered', deps)
        empty(market)
      }
      const timer = clock.setTimer(() => {
        for (const market of markets) announceState(market, 'archivized', deps)
        done()
      }, Number(fault.value))
      return () => timer.cancel()
    },

    halted: (fault) => {
      const markets = targets(fault, (market) => market.state === 'open')
      for (const market of markets) announceState(market, fault.value as InstrumentState, deps)
      return () => {
        for (const market of markets) announceState(market, 'open', deps)
      }
    },

    'routed-spot': (fault) => {
      const spot = targets(fault, () => true).filter(({ instrument }) => instrument.kind === 'spot')
      for (const market of spot) market.isRouted = true
      return () => {
        for (const market of spot) market.isRouted = false
      }
    },

    'silent-subscription': (fault, done) => {
      for (const stream of hub.streams()) {
        const isAffected =
          fault.instruments === null || fault.instruments.includes(stream.instrument ?? '')
        // The sessions keep the subscription; only a new subscription restores the stream.
        if (stream.instrument !== null && isAffected) stream.subscribers.clear()
      }
      done()
      return () => undefined
    },
  }
}

function isDated({ instrument }: Market): boolean {
  return instrument.expirationMs !== NO_EXPIRATION_MS
}

interface MarketFault {
  readonly price: number
  readonly amountBefore: number
}

/**
 * Changes the random books, and applies the scenarios that make them crossed, one-sided or
 * unchanging.
 */
export class MarketFaults implements MarketMover {
  readonly #board: FaultBoard
  readonly #platform: PlatformState
  /** Bids at or above the best ask, by market. */
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
    const isFaulty = this.#revert(market)
    flow.step(nowMs)
    if (!isFaulty) this.#apply(market)
    this.#cutSides(market)
    market.commit(nowMs)
  }

  rest({ market }: DrivenMarket, nowMs: number): void {
    if (this.#faults.has(market) && this.#wantedFault(market) === null) this.#revert(market)
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
    this.#faults.set(market, { price, amountBefore: market.book.bids.amountAt(price) })
    market.set('bids', price, amountStep)
  }

  #revert(market: Market): boolean {
    const fault = this.#faults.get(market)
    if (fault === undefined) return false
    this.#faults.delete(market)
    market.set('bids', fault.price, fault.amountBefore)
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
