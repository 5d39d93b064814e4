import { messageOf } from '../../errors.ts'
import { mayHaveNegativePrices } from '../../model/status.ts'
import type { Logger } from '../../model/telemetry.ts'
import { type Clock, TimerGroup } from '../../time/clock.ts'
import { TokenBucket, type TokenBucketOptions } from '../../time/pacing.ts'
import { isObject, type ResponseError, type ResponseMessage } from '../protocol/messages.ts'
import { parseInstrument, parseInstruments } from '../protocol/parse-instrument.ts'
import { DueCalls } from './due-calls.ts'
import type { InstrumentDirectory, ListingCall } from './instrument-directory.ts'

/** Errors of the exchange for a name that it does not know; the second with the parameter that is wrong. */
const NOT_FOUND = 13020
const INVALID_PARAMS = -32602

/** The stricter of the two published limits: 1 in 10 s after a burst of 5. */
const LISTING_CALLS: TokenBucketOptions = { burst: 5, refillMs: 10_000 }
/** Well below the 20 a second that ordinary calls may be. */
const NAME_CALLS: TokenBucketOptions = { burst: 20, refillMs: 200 }
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
/** Ticks and sizes change while instruments trade, and no notification says so. */
const REFRESH_MS = 86_400_000
/** What changed its status is read again at most so often: some flap. */
const REREAD_EACH_MS = 60_000
/** More of them than this are read by whole lists. */
const MAX_REREAD_BY_NAME = 20

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

/**
 * Fills the directory from the exchange: on each new connection, once a day, and when the exchange
 * notifies of a new name or of an instrument that trades again.
 */
export class DirectoryLoader {
  readonly #deps: DirectoryLoaderDeps
  readonly #timers: TimerGroup
  readonly #listings: DueCalls<ListingCall>
  readonly #names: DueCalls<string>
  readonly #changed = new Set<string>()
  #caller: Caller | null = null
  #isReloadDue = false
  #rereadMonotonicMs = Number.NEGATIVE_INFINITY

  constructor(deps: DirectoryLoaderDeps) {
    this.#deps = deps
    this.#timers = new TimerGroup(deps.clock)
    this.#listings = new DueCalls({
      limiter: new TokenBucket(LISTING_CALLS, deps.clock),
      timers: this.#timers,
      retryMs: RETRY_LISTING_MS,
      make: (call) => this.#loadListing(call),
    })
    this.#names = new DueCalls({
      limiter: new TokenBucket(NAME_CALLS, deps.clock),
      timers: this.#timers,
      retryMs: RETRY_NAME_MS,
      make: (instrument) => this.#loadName(instrument),
    })
  }

  /** Asks for everything on a connection that has just opened. */
  start(caller: Caller): void {
    this.stop()
    this.#caller = caller
    void this.#loadLocks(caller)
    this.#loadDaily()
  }

  /** The connection is gone: nothing is asked any more until the next one. */
  stop(): void {
    this.#caller = null
    this.#isReloadDue = false
    this.#changed.clear()
    this.#listings.stop()
    this.#names.stop()
    this.#timers.cancel()
  }

  /** Lists are read again, soon and once for all that is heard until then. */
  reload(): void {
    if (this.#caller === null || this.#isReloadDue) return
    this.#isReloadDue = true
    this.#timers.after(RELOAD_AFTER_MS, () => {
      this.#isReloadDue = false
      this.#loadLists()
    })
  }

  /** An instrument trades again: what the exchange says of it is read again, soon, but not often. */
  reread(instrument: string): void {
    if (this.#caller === null) return
    const isScheduled = this.#changed.size > 0
    this.#changed.add(instrument)
    if (isScheduled) return
    const sinceMs = this.#deps.clock.monotonicMs() - this.#rereadMonotonicMs
    const waitMs = Math.max(RELOAD_AFTER_MS, REREAD_EACH_MS - sinceMs)
    this.#timers.after(waitMs, () => {
      this.#rereadMonotonicMs = this.#deps.clock.monotonicMs()
      if (this.#changed.size > MAX_REREAD_BY_NAME) this.loadAll()
      else for (const name of this.#changed) this.#names.add(name, name)
      this.#changed.clear()
    })
  }

  /** Everything that is wanted is read again. */
  loadAll(): void {
    if (this.#caller === null) return
    this.#loadLists()
    const { names } = this.#deps.directory
    // No list of those that are asked for holds combos.
    const asked = names.length > MAX_NAME_CALLS ? names.filter(mayHaveNegativePrices) : names
    for (const name of asked.slice(0, MAX_NAME_CALLS)) this.#names.add(name, name)
  }

  #loadDaily(): void {
    this.loadAll()
    this.#timers.after(REFRESH_MS, () => this.#loadDaily())
  }

  #loadLists(): void {
    const { calls, names } = this.#deps.directory
    const all = names.length > MAX_NAME_CALLS ? [...calls, ...EVERYTHING] : calls
    for (const call of all) this.#listings.add(`${call.kind}:${call.currency}`, call)
  }

  async #loadListing(call: ListingCall): Promise<boolean> {
    const { directory, logger, onLoaded } = this.#deps
    const { kind, currency } = call
    const response = await this.#ask('public/get_instruments', { kind, currency })
    if (response === 'lost') return true
    const infos = response === null ? null : parseInstruments(response.result)
    // Everything of a kind gone at once is a fault of the exchange rather than an expiry.
    const isSudden = infos?.length === 0 && directory.countListed(call) > 0
    if (infos === null || isSudden) {
      logger.warn({ kind, currency }, 'the exchange gave no list of instruments: asking again')
      return false
    }
    directory.applyListing(call, infos)
    logger.info({ kind, currency, count: infos.length }, 'list of instruments')
    onLoaded()
    return true
  }

  async #loadName(instrument: string): Promise<boolean> {
    const { directory, logger, onLoaded } = this.#deps
    const response = await this.#ask('public/get_instrument', { instrument_name: instrument })
    if (response === 'lost') return true
    const info = response === null ? null : parseInstrument(response.result)
    if (info === null || info.instrument !== instrument) {
      const isNamed = directory.names.includes(instrument)
      // That there was no answer, or another error, has been said.
      if (response !== null && isNamed) {
        logger.warn({ instrument }, `the exchange does not know ${instrument} of INSTRUMENTS`)
      }
      return !isNamed
    }
    directory.applyInfo(info)
    onLoaded()
    return true
  }

  /** Locks that began or ended while we were cut off were not heard of. */
  async #loadLocks(caller: Caller): Promise<void> {
    const response = await this.#ask('public/status', {})
    if (this.#caller !== caller || response === 'lost' || !isObject(response?.result)) return
    const { locked, locked_indices: indices = [] } = response.result
    if (!Array.isArray(indices) || String(locked) === 'true') return
    const names = (indices as readonly unknown[]).filter((name) => typeof name === 'string')
    this.#deps.onLockedIndices(names)
  }

  /**
   * null where there is no answer, or one that says nothing of the instruments; `lost` where the
   * connection is another one by now, so that nobody wants it any more.
   */
  async #ask(method: string, params: object): Promise<ResponseMessage | null | 'lost'> {
    const caller = this.#caller
    if (caller === null) return 'lost'
    let problem: Readonly<Record<string, unknown>>
    try {
      const response = await caller.request(method, params)
      if (this.#caller !== caller) return 'lost'
      const { error } = response
      if (error === null || isUnknownName(error)) return response
      problem = { code: error.code, message: error.message, detail: error.detail }
    } catch (error) {
      if (this.#caller !== caller) return 'lost'
      problem = { detail: messageOf(error) }
    }
    this.#deps.logger.warn({ method, ...problem }, 'no answer about instruments')
    return null
  }
}

function isUnknownName({ code, detail }: ResponseError): boolean {
  return code === NOT_FOUND || (code === INVALID_PARAMS && detail.includes('instrument_name'))
}
