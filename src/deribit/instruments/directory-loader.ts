import { messageOf } from '../../errors.ts'
import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import { CallLimiter } from '../call-limiter.ts'
import type { ResponseMessage } from '../messages.ts'
import { Waits } from '../waits.ts'
import type { InstrumentDirectory } from './instrument-directory.ts'
import { parseInstrument, parseInstruments } from './parse-instrument.ts'
import type { ListingCall } from './selector.ts'

/** The stricter of the two published limits: 1 in 10 s after a burst of 5. */
const LISTING_CALLS = { burst: 5, refillMs: 10_000 }
/** Well below the 20 a second that ordinary calls may be. */
const NAME_CALLS = { burst: 20, refillMs: 200 }
/** More names than this are not asked for one by one: what they are is told by whole lists. */
const MAX_NAME_CALLS = 200
const RETRY_MS = 10_000
/** Listings come in swarms, on the hour. */
const RELOAD_AFTER_MS = 1000

/** Calls of one connection. */
export interface Caller {
  request(method: string, params: object): Promise<ResponseMessage>
}

export interface DirectoryLoaderDeps {
  directory: InstrumentDirectory
  clock: Clock
  logger: Logger
  /** The directory knows more than before. */
  onLoaded: () => void
}

/** Fills the directory from the exchange, on each new connection and when something new is heard of. */
export class DirectoryLoader {
  readonly #deps: DirectoryLoaderDeps
  readonly #listingLimiter: CallLimiter
  readonly #nameLimiter: CallLimiter
  readonly #waits: Waits
  #caller: Caller | null = null
  #isReloadDue = false

  constructor(deps: DirectoryLoaderDeps) {
    this.#deps = deps
    this.#waits = new Waits(deps.clock)
    this.#listingLimiter = new CallLimiter(LISTING_CALLS, deps.clock)
    this.#nameLimiter = new CallLimiter(NAME_CALLS, deps.clock)
  }

  /** Asks for everything on a connection that has just opened. */
  start(caller: Caller): void {
    this.stop()
    this.#caller = caller
    const { directory } = this.#deps
    for (const call of directory.calls) void this.#loadListing(caller, call)
    for (const name of directory.names.slice(0, MAX_NAME_CALLS)) void this.#loadName(caller, name)
  }

  /** The connection is gone: nothing is asked any more until the next one. */
  stop(): void {
    this.#caller = null
    this.#isReloadDue = false
    this.#waits.cancel()
  }

  /** Lists are asked for anew, soon and once for all that is heard until then. */
  reload(): void {
    const caller = this.#caller
    if (caller === null || this.#isReloadDue) return
    this.#isReloadDue = true
    this.#waits.after(RELOAD_AFTER_MS, () => {
      this.#isReloadDue = false
      for (const call of this.#deps.directory.calls) void this.#loadListing(caller, call)
    })
  }

  async #loadListing(caller: Caller, { kind, currency }: ListingCall): Promise<void> {
    const { directory, logger, onLoaded } = this.#deps
    await this.#waits.sleep(this.#listingLimiter.reserveMs())
    if (this.#caller !== caller) return
    const response = await this.#ask(caller, 'public/get_instruments', { kind, currency })
    if (this.#caller !== caller) return
    const infos = response === null ? null : parseInstruments(response.result)
    if (infos === null) {
      logger.warn({ kind, currency }, 'the exchange gave no list of instruments: asking again')
      this.#waits.after(RETRY_MS, () => void this.#loadListing(caller, { kind, currency }))
      return
    }
    directory.takeListing({ kind, currency }, infos)
    onLoaded()
  }

  async #loadName(caller: Caller, instrument: string): Promise<void> {
    const { directory, logger, onLoaded } = this.#deps
    await this.#waits.sleep(this.#nameLimiter.reserveMs())
    if (this.#caller !== caller) return
    const params = { instrument_name: instrument }
    const response = await this.#ask(caller, 'public/get_instrument', params)
    if (this.#caller !== caller || response === null) return
    const info = parseInstrument(response.result)
    if (info === null || info.instrument !== instrument) {
      logger.warn({ instrument }, 'the exchange says nothing of an instrument that is named')
      return
    }
    directory.takeInfo(info)
    onLoaded()
  }

  /** null where there is no answer, or an error. */
  async #ask(caller: Caller, method: string, params: object): Promise<ResponseMessage | null> {
    try {
      const response = await caller.request(method, params)
      return response.error === null ? response : null
    } catch (error) {
      this.#deps.logger.warn({ method, detail: messageOf(error) }, 'no answer about instruments')
      return null
    }
  }
}
