import type { Clock } from '../../model/clock.ts'
import type { ChannelHub } from '../channels/channel-hub.ts'
import type { ExchangeClock } from '../exchange-clock.ts'
import type { Exchange } from '../exchange.ts'
import type { InstrumentState } from '../instrument.ts'
import { NO_EXPIRATION_MS } from '../instrument.ts'
import type { Market } from '../market.ts'
import type { Effect } from './fault-board.ts'
import type { Fault } from './fault.ts'

export interface MarketEffectsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  exchange: Exchange
  hub: ChannelHub
}

/** Sets the state of a book and says so on `instrument.state.*`. */
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

/** Faults of single books. */
export function createMarketEffects(deps: MarketEffectsDeps): Readonly<Record<string, Effect>> {
  const { clock, exchangeClock, exchange, hub } = deps
  const targets = ({ instruments }: Fault, isMeant: (market: Market) => boolean): Market[] => {
    const markets = [...exchange.markets.values()]
    if (instruments === null) return markets.filter(isMeant)
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

    // An expiry cannot be taken back: ending it early only leaves out the last state.
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
        const isMeant =
          fault.instruments === null || fault.instruments.includes(stream.instrument ?? '')
        // The sessions still hold the subscription: only a new one brings them back.
        if (stream.instrument !== null && isMeant) stream.subscribers.clear()
      }
      done()
      return () => undefined
    },
  }
}

function isDated({ instrument }: Market): boolean {
  return instrument.expirationMs !== NO_EXPIRATION_MS
}
