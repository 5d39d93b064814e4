import type { Accounts } from './auth/accounts.ts'
import type { ChannelHub } from './channels/channel-hub.ts'
import type { ExchangeClock } from './exchange-clock.ts'
import type { Exchange } from './exchange.ts'
import type { FaultBoard } from './faults/fault-board.ts'
import type { PlatformState } from './platform-state.ts'
import type { Random } from './random.ts'

/** What a request can reach. */
export interface RequestContext {
  readonly clock: ExchangeClock
  readonly exchange: Exchange
  readonly hub: ChannelHub
  readonly accounts: Accounts
  readonly faults: FaultBoard
  readonly platform: PlatformState
  readonly random: Random
  readonly isRawOpen: boolean
}
