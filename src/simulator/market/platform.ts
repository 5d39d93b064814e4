import type { Clock, Timer } from '../../time/clock.ts'
import type { ChannelHub } from '../channels/hub.ts'
import { float } from '../wire/json.ts'
import type { ExchangeClock } from './exchange-time.ts'
import type { Exchange } from './market.ts'
import { indexPricesOf } from '../channels/ticker-streams.ts'

export interface PlatformTickerDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  hub: ChannelHub
  platform: PlatformState
}

const TICK_MS = 1_000

/**
 * Sends what the exchange publishes every second: price indices, and the `platform_state` of each
 * index.
 */
export class PlatformTicker {
  readonly #deps: PlatformTickerDeps
  #timer: Timer | null = null

  constructor(deps: PlatformTickerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = this.#deps.clock.setTimer(() => {
      this.#tick()
      this.start()
    }, TICK_MS)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #tick(): void {
    const { exchange, hub, platform, exchangeClock } = this.#deps
    for (const [index, price] of indexPricesOf(exchange)) {
      hub.announce((name) => name.kind === 'price_index' && name.index === index, {
        timestamp: exchangeClock.nowMs(),
        price: float(price),
        index_name: index,
      })
      hub.announce((name) => name.kind === 'platform_state', {
        price_index: index,
        locked: platform.lockedIndices.has(index),
        reasons: [],
      })
    }
  }
}

/** State of the whole exchange. */
export class PlatformState {
  /** Indices whose instruments are all locked. */
  readonly lockedIndices = new Set<string>()
  /** Requests are answered 11051. */
  isInMaintenance = false
  /** Upgrades are refused with HTTP 503. */
  isClosed = false
}
