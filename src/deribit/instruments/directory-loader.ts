import { messageOf } from '../../errors.ts'
import type { Clock } from '../../model/clock.ts'
import type { Logger } from '../../model/logger.ts'
import { CallLimiter, type CallLimiterOptions } from '../call-limiter.ts'
import { isObject, type ResponseError, type ResponseMessage } from '../messages.ts'
import { Waits } from '../waits.ts'
import type { InstrumentDirectory } from './instrument-directory.ts'
import { parseInstrument, parseInstruments } from './parse-instrument.ts'
import type { ListingCall } from './selector.ts'

/** Errors of the exchange for a name that it does not know; the second with the parameter that is wrong. */
const NOT_FOUND = 13020
const INVALID_PARAMS = -32602

/** The stricter of the two published limits: 1 in 10 s after a burst of 5. */
const LISTING_CALLS: CallLimiterOptions = { burst: 5, refillMs: 10_000 }
/** Well below the 20 a second that ordinary calls may be. */
const NAME_CALLS: CallLimiterOptions = { burst: 20, refillMs: 200 }
/** More names than this are not asked for one by one: what they are is told by whole lists. */
const MAX_NAME_CALLS = 200
const EVERYTHING: readonly ListingCall[] = [
  { kind: 'future', currency: 'any' },
  { kind: 'option', currency: 'any' },
  { kind: 'spot', currency: 'any' },
]
const RETRY_LISTING_MS = 10_000
const RETRY_NAME_MS = 60_000
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
  /** The price indices that are locked now; all others are not. */
  onLockedIndices: (priceIndices: readonly string[]) => void
}

/** Fills the directory from the exchange, on each new connection and when something new is heard of. */
export class DirectoryLoader {
  readonly #deps: DirectoryLoaderDeps
  readonly #listingLimiter: CallLimiter
  readonly #nameLimiter: CallLimiter
  readonly #waits: Waits
  /** Lists that are to be asked for, each once; one walk works them off. */
  readonly #due = new Map<string, ListingCall>()
  #isLoading = false
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
    void this.#loadLocks(caller)
    this.#load(this.#calls())
    const { names } = this.#deps.directory
    if (names.length <= MAX_NAME_CALLS) for (const name of names) void this.#loadName(caller, name)
  }

  /** The connection is gone: nothing is asked any more until the next one. */
  stop(): void {
    this.#caller = null
    this.#isReloadDue = false
    this.#isLoading = false
    this.#due.clear()
    this.#waits.cancel()
  }

  /** Lists are asked for anew, soon and once for all that is heard until then. */
  reload(): void {
    if (this.#caller === null || this.#isReloadDue) return
    this.#isReloadDue = true
    this.#waits.after(RELOAD_AFTER_MS, () => {
      this.#isReloadDue = false
      this.#load(this.#calls())
    })
  }

  #calls(): readonly ListingCall[] {
    const { calls, names } = this.#deps.directory
    return names.length > MAX_NAME_CALLS ? [...calls, ...EVERYTHING] : calls
  }

  #load(calls: readonly ListingCall[]): void {
    for (const call of calls) this.#due.set(`${call.kind}:${call.currency}`, call)
    if (!this.#isLoading && this.#caller !== null) void this.#loadListings(this.#caller)
  }

  async #loadListings(caller: Caller): Promise<void> {
    this.#isLoading = true
    while (this.#due.size > 0) {
      await this.#listingLimiter.turn(this.#waits.sleep)
      if (this.#caller !== caller) return
      const [next] = this.#due
      if (next === undefined) break
      this.#due.delete(next[0])
      await this.#loadListing(caller, next[1])
      if (this.#caller !== caller) return
    }
    this.#isLoading = false
  }

  async #loadListing(caller: Caller, call: ListingCall): Promise<void> {
    const { directory, logger, onLoaded } = this.#deps
    const { kind, currency } = call
    const response = await this.#ask(caller, 'public/get_instruments', { kind, currency })
    if (this.#caller !== caller) return
    const infos = response === null ? null : parseInstruments(response.result)
    // Everything of a kind gone at once is a fault of the exchange rather than an expiry.
    const isSudden = infos?.length === 0 && directory.countListed(call) > 0
    if (infos === null || isSudden) {
      logger.warn({ kind, currency }, 'the exchange gave no list of instruments: asking again')
      this.#waits.after(RETRY_LISTING_MS, () => this.#load([call]))
      return
    }
    directory.takeListing(call, infos)
    logger.info({ kind, currency, count: infos.length }, 'list of instruments')
    onLoaded()
  }

  async #loadName(caller: Caller, instrument: string): Promise<void> {
    const { directory, logger, onLoaded } = this.#deps
    await this.#nameLimiter.turn(this.#waits.sleep)
    if (this.#caller !== caller) return
    const params = { instrument_name: instrument }
    const response = await this.#ask(caller, 'public/get_instrument', params)
    if (this.#caller !== caller) return
    const info = response === null ? null : parseInstrument(response.result)
    if (info === null || info.instrument !== instrument) {
      // That there was no answer, or another error, has been said.
      if (response !== null) {
        logger.warn({ instrument }, `the exchange does not know ${instrument} of INSTRUMENTS`)
      }
      this.#waits.after(RETRY_NAME_MS, () => void this.#loadName(caller, instrument))
      return
    }
    directory.takeInfo(info)
    onLoaded()
  }

  /** Locks that began or ended while we were cut off were not heard of. */
  async #loadLocks(caller: Caller): Promise<void> {
    const response = await this.#ask(caller, 'public/status', {})
    if (this.#caller !== caller || !isObject(response?.result)) return
    const { locked, locked_indices: indices = [] } = response.result
    if (!Array.isArray(indices) || String(locked) === 'true') return
    const names = (indices as readonly unknown[]).filter((name) => typeof name === 'string')
    this.#deps.onLockedIndices(names)
  }

  /** null where there is no answer, or one that says nothing of the instruments. */
  async #ask(caller: Caller, method: string, params: object): Promise<ResponseMessage | null> {
    try {
      const response = await caller.request(method, params)
      const { error } = response
      if (error === null || isUnknownName(error)) return response
      const { code, message, detail } = error
      this.#deps.logger.warn({ method, code, message, detail }, 'no answer about instruments')
      return null
    } catch (error) {
      this.#deps.logger.warn({ method, detail: messageOf(error) }, 'no answer about instruments')
      return null
    }
  }
}

function isUnknownName({ code, detail }: ResponseError): boolean {
  return code === NOT_FOUND || (code === INVALID_PARAMS && detail.includes('instrument_name'))
}
