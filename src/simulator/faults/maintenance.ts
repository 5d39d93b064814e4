import type { Clock, Timer } from '../../time/clock.ts'
import type { Accounts } from '../rpc/accounts.ts'
import type { ChannelHub } from '../channels/hub.ts'
import type { PlatformState } from '../market/platform.ts'
import type { Sessions } from '../server/sessions.ts'
import type { Effect } from './board.ts'

export interface MaintenanceDeps {
  clock: Clock
  hub: ChannelHub
  platform: PlatformState
  accounts: Accounts
  sessions: Sessions
}

const NOTICE_MS = 300
const CLOSE_GOING_AWAY = 1001
const FLAPS = 3
const FLAP_MS = 400
const NOTICE =
  '{"jsonrpc":"2.0","error":{"code":11051,"message":"system_maintenance","data":null},"testnet":false}'

/**
 * Simulates a release of the exchange: the notice on `platform_state`, error 11051 without an id,
 * every connection closed, upgrades refused for a while, then a few short-lived connections.
 * Tokens are invalid afterwards.
 */
export function createMaintenance(deps: MaintenanceDeps): Effect {
  const { clock, hub, platform, accounts, sessions } = deps
  const announce = (isOn: boolean): void => {
    hub.announce((name) => name.kind === 'platform_state', { maintenance: isOn })
  }
  return ({ value }, done) => {
    let timer: Timer
    const later = (delayMs: number, next: () => void): void => {
      timer = clock.setTimer(next, delayMs)
    }
    const finish = (): void => {
      platform.isInMaintenance = false
      platform.isClosed = false
      announce(false)
    }
    const flap = (left: number): void => {
      platform.isClosed = false
      if (left === 0) {
        finish()
        done()
        return
      }
      later(FLAP_MS, () => {
        for (const session of [...sessions.open]) session.cut()
        flap(left - 1)
      })
    }
    announce(true)
    later(NOTICE_MS, () => {
      platform.isInMaintenance = true
      platform.isClosed = true
      accounts.revokeAll()
      for (const session of [...sessions.open]) {
        session.send(NOTICE)
        session.close(CLOSE_GOING_AWAY, 'system_maintenance')
      }
      later(Number(value), () => {
        platform.isInMaintenance = false
        flap(FLAPS)
      })
    })
    return () => {
      timer.cancel()
      finish()
    }
  }
}
