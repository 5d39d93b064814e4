import type { Accounts } from '../auth/accounts.ts'
import { describeInstrument } from '../instrument.ts'
import type { Market } from '../market.ts'
import type { PlatformState } from '../platform-state.ts'
import type { Sessions } from '../sessions.ts'
import type { Effect } from './fault-board.ts'
import { announceState, type MarketEffectsDeps } from './market-effects.ts'

export interface ExchangeEffectsDeps extends MarketEffectsDeps {
  accounts: Accounts
  platform: PlatformState
  sessions: Sessions
  /** Adds an instrument, not yet open; the next of the built-in list where no name is given. */
  list(name: string | null): Market
}

/** Time between the creation of an instrument and the opening of its book. */
const LISTING_MS = 500

/** Faults of the whole exchange. */
export function createExchangeEffects(deps: ExchangeEffectsDeps): Readonly<Record<string, Effect>> {
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
