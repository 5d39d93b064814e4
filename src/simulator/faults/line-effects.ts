import type { Clock, Timer } from '../../model/clock.ts'
import type { ExchangeClock } from '../exchange-clock.ts'
import type { LinkState } from '../link-state.ts'
import type { Sessions } from '../sessions.ts'
import type { Effect } from './fault-board.ts'

export interface ConnectionEffectsDeps {
  clock: Clock
  exchangeClock: ExchangeClock
  link: LinkState
  sessions: Sessions
}

const CLOSE_HEARTBEAT = 4000

/** Calls again and again until it is ended. */
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

/** Faults of the line between the exchange and its clients. */
export function createConnectionEffects(
  deps: ConnectionEffectsDeps,
): Readonly<Record<string, Effect>> {
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
      for (const session of sessions.open) session.die()
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
