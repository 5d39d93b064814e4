import type { Clock, Timer } from '../model/clock.ts'
import type { ChannelHub } from './channels/channel-hub.ts'
import type { ExchangeClock } from './exchange-clock.ts'
import type { Exchange } from './exchange.ts'
import { indexPricesOf } from './index-prices.ts'
import type { PlatformState } from './platform-state.ts'
import { float } from './wire-json.ts'

export interface PlatformTickerDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  hub: ChannelHub
  platform: PlatformState
}

const TICK_MS = 1_000

/**
 * What the exchange sends every second whatever happens: price indices, and `platform_state` that
 * says of each index how it is, with nothing wrong.
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
