import type { Clock, Timer } from '../../time/clock.ts'
import type { Accounts } from '../rpc/accounts.ts'
import type { ExchangeClock } from '../market/exchange-time.ts'
import { describeInstrument } from '../market/instrument.ts'
import type { Market } from '../market/market.ts'
import type { PlatformState } from '../market/platform.ts'
import type { LinkState } from '../server/outbox.ts'
import type { Sessions } from '../server/sessions.ts'
import type { Effect } from './board.ts'
import { createMaintenance } from './maintenance.ts'
import { announceState, createMarketEffects, type MarketEffectsDeps } from './market-effects.ts'

export type EffectsDeps = ExchangeEffectsDeps & ConnectionEffectsDeps

/** Effects of switching faults. Faults that are looked up per frame or request have none. */
export function createEffects(deps: EffectsDeps): Readonly<Record<string, Effect>> {
  return {
    ...createConnectionEffects(deps),
    ...createMarketEffects(deps),
    ...createExchangeEffects(deps),
    maintenance: createMaintenance(deps),
  }
}

interface ExchangeEffectsDeps extends MarketEffectsDeps {
  accounts: Accounts
  platform: PlatformState
  sessions: Sessions
  /** Adds an instrument that is not open yet; default: the next of the built-in list. */
  list(name: string | null): Market
}

/** Time between the creation of an instrument and the opening of its book. */
const LISTING_MS = 500

/** Faults of the whole exchange. */
function createExchangeEffects(deps: ExchangeEffectsDeps): Readonly<Record<string, Effect>> {
  const { accounts, platform, exchange, hub, clock } = deps
  return {
    'reset-ids': ({ value }, done) => {
      exchange.restartIds(Number(value))
      done()
      return () => undefined
    },
    'token-expiry': (_fault, done) => {
      accounts.revokeAll()
      done()
      return () => undefined
    },
    'bad-credentials': () => {
      accounts.refusesAll = true
      return () => {
        accounts.refusesAll = false
      }
    },
    'public-disabled': () => {
      const announce = (isAllowed: boolean): void => {
        hub.announce((name) => name.kind === 'public_methods_state', {
          allow_unauthenticated_public_requests: isAllowed,
        })
      }
      announce(false)
      return () => announce(true)
    },
    'index-lock': ({ value }) => {
      const index = value === '' ? (exchange.indices()[0] ?? '') : value
      const announce = (isLocked: boolean): void => {
        hub.announce((name) => name.kind === 'platform_state', {
          price_index: index,
          locked: isLocked,
        })
      }
      platform.lockedIndices.add(index)
      announce(true)
      return () => {
        platform.lockedIndices.delete(index)
        announce(false)
      }
    },
    listing: ({ value }, done) => {
      const market = deps.list(value === '' ? null : value)
      hub.announceInstrument(
        'instrument_creation',
        market.instrument,
        describeInstrument(market.instrument, market),
      )
      const open = (): void => {
        market.isOpened = true
        announceState(market, 'open', deps)
      }
      const timer = clock.setTimer(() => {
        open()
        done()
      }, LISTING_MS)
      return () => {
        timer.cancel()
        open()
      }
    },
  }
}

interface ConnectionEffectsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  link: LinkState
  sessions: Sessions
}

const CLOSE_HEARTBEAT = 4000

/** Calls periodically until it is ended. */
function repeat(clock: Clock, everyMs: number, callback: () => void): () => void {
  let timer: Timer
  const arm = (): void => {
    timer = clock.setTimer(() => {
      callback()
      arm()
    }, everyMs)
  }
  arm()
  return () => timer.cancel()
}

/** Faults of the connections between the exchange and its clients. */
function createConnectionEffects(deps: ConnectionEffectsDeps): Readonly<Record<string, Effect>> {
  const { clock, exchangeClock, link, sessions } = deps
  const cutAll = (): void => {
    for (const session of [...sessions.open]) session.cut()
  }
  return {
    delay: ({ value }) => {
      link.delayMs = Number(value)
      return () => {
        link.delayMs = 0
      }
    },
    'delay-in': ({ value }) => {
      link.requestDelayMs = Number(value)
      return () => {
        link.requestDelayMs = 0
      }
    },
    skew: ({ value }) => {
      exchangeClock.skewMs = Number(value)
      return () => {
        exchangeClock.skewMs = 0
      }
    },
    stall: () => {
      link.isSilent = true
      return () => {
        link.isSilent = false
      }
    },
    flap: ({ value }) => repeat(clock, Math.max(1, Number(value)), cutAll),
    'half-open': (_fault, done) => {
      for (const session of sessions.open) session.silence()
      done()
      return () => undefined
    },
    reset: (_fault, done) => {
      cutAll()
      done()
      return () => undefined
    },
    'close-4000': (_fault, done) => {
      for (const session of [...sessions.open]) session.close(CLOSE_HEARTBEAT, 'heartbeat close')
      done()
      return () => undefined
    },
    'too-slow': (_fault, done) => {
      for (const session of [...sessions.open]) session.closeAsTooSlow()
      done()
      return () => undefined
    },
  }
}
