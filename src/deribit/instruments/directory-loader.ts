import { messageOf } from '../../errors.ts'
import { mayHaveNegativePrices } from '../../model/status.ts'
import type { Logger } from '../../model/telemetry.ts'
import { type Clock, TimerGroup } from '../../time/clock.ts'
import { TokenBucket, type TokenBucketOptions } from '../../time/pacing.ts'
import { isObject, type ResponseError, type ResponseMessage } from '../protocol/messages.ts'
import { parseInstrument, parseInstruments } from '../protocol/parse-instrument.ts'
import type { InstrumentDirectory, ListingCall } from './instrument-directory.ts'

/** Errors of the exchange for an unknown name; the second names the invalid parameter. */
const NOT_FOUND = 13020
const INVALID_PARAMS = -32602

/** The stricter of the two published limits: one call per 10 s, burst of 5. */
const LISTING_CALLS: TokenBucketOptions = { burst: 5, refillMs: 10_000 }
/** Well below the limit of 20 ordinary calls per second. */
const NAME_CALLS: TokenBucketOptions = { burst: 20, refillMs: 200 }
/** More names than this are loaded with lists instead of single calls. */
const MAX_NAME_CALLS = 200
const EVERYTHING: readonly ListingCall[] = [
  { kind: 'future', currency: 'any' },
  { kind: 'option', currency: 'any' },
  { kind: 'spot', currency: 'any' },
]
const RETRY_LISTING_MS = 10_000
const RETRY_NAME_MS = 60_000
/** Delay before lists are reloaded: new instruments are announced in bursts. */
const RELOAD_AFTER_MS = 1000
/** Interval of full reloads: tick sizes and contract sizes change without notification. */
const REFRESH_MS = 86_400_000
/** Minimum interval between rereads of one instrument whose status changes. */
const REREAD_EACH_MS = 60_000
/** More instruments than this are reread with lists. */
const MAX_REREAD_BY_NAME = 20

/** Sends calls on one connection. */
export interface Caller {
  request(method: string, params: object): Promise<ResponseMessage>
}

export interface DirectoryLoaderDeps {
  directory: InstrumentDirectory
  clock: Clock
  logger: Logger
  /** Called when the directory has been updated. */
  onLoaded: () => void
  /** Called with all price indices that are locked. */
  onLockedIndices: (priceIndices: readonly string[]) => void
}

/**
 * Loads the directory from the exchange: on each new connection, once a day, and when the exchange
 * notifies of a new instrument or of one that trades again.
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

  /** Loads everything on a new connection. */
  start(caller: Caller): void {
    this.stop()
    this.#caller = caller
    void this.#loadLocks(caller)
    this.#loadDaily()
  }

  /** Stops all calls until the next connection. */
  stop(): void {
    this.#caller = null
    this.#isReloadDue = false
    this.#changed.clear()
    this.#listings.stop()
    this.#names.stop()
    this.#timers.cancel()
  }

  /** Schedules one reload of the lists for all notifications until then. */
  reload(): void {
    if (this.#caller === null || this.#isReloadDue) return
    this.#isReloadDue = true
    this.#timers.after(RELOAD_AFTER_MS, () => {
      this.#isReloadDue = false
      this.#loadLists()
    })
  }

  /** Schedules a rate-limited reread of an instrument that trades again. */
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

  /** Reloads all names and selectors. */
  loadAll(): void {
    if (this.#caller === null) return
    this.#loadLists()
    const { names } = this.#deps.directory
    // The lists contain no combos.
    const requested = names.length > MAX_NAME_CALLS ? names.filter(mayHaveNegativePrices) : names
    for (const name of requested.slice(0, MAX_NAME_CALLS)) this.#names.add(name, name)
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
    // An empty list after a non-empty one is more likely a fault of the exchange than an expiry.
    const isSudden = infos?.length === 0 && directory.countListed(call) > 0
    if (infos === null || isSudden) {
      logger.warn({ kind, currency }, 'list of instruments is missing or empty, retrying')
      return false
    }
    directory.applyListing(call, infos)
    logger.info({ kind, currency, count: infos.length }, 'list of instruments loaded')
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
      // A missing response or another error is already logged.
      if (response !== null && isNamed) {
        logger.warn({ instrument }, `${instrument} of INSTRUMENTS is unknown to the exchange`)
      }
      return !isNamed
    }
    directory.applyInfo(info)
    onLoaded()
    return true
  }

  /** Loads the locks, because changes while disconnected were not received. */
  async #loadLocks(caller: Caller): Promise<void> {
    const response = await this.#ask('public/status', {})
    if (this.#caller !== caller || response === 'lost' || !isObject(response?.result)) return
    const { locked, locked_indices: indices = [] } = response.result
    if (!Array.isArray(indices) || String(locked) === 'true') return
    const names = (indices as readonly unknown[]).filter((name) => typeof name === 'string')
    this.#deps.onLockedIndices(names)
  }

  /**
   * Makes a call. Returns null if there is no usable response, `lost` if the connection was replaced
   * meanwhile.
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
    this.#deps.logger.warn({ method, ...problem }, 'instrument call failed')
    return null
  }
}

function isUnknownName({ code, detail }: ResponseError): boolean {
  return code === NOT_FOUND || (code === INVALID_PARAMS && detail.includes('instrument_name'))
}

interface DueCallsDeps<Call> {
  limiter: TokenBucket
  /** Timers of the retries; the owner cancels them. */
  timers: TimerGroup
  /** Delay before a failed call is retried. */
  retryMs: number
  /** Makes one call; false if it must be retried. Never rejects. */
  make(call: Call): Promise<boolean>
}

/** Queue of rate-limited calls without duplicates, with retries. */
class DueCalls<Call> {
  readonly #deps: DueCallsDeps<Call>
  readonly #due = new Map<string, Call>()
  /** Keys of the calls that wait for a retry. */
  readonly #failed = new Set<string>()
  #isWorking = false
  #epoch = 0

  constructor(deps: DueCallsDeps<Call>) {
    this.#deps = deps
  }

  /** @param key calls with the same key are duplicates */
  add(key: string, call: Call): void {
    if (this.#failed.has(key)) return
    this.#due.set(key, call)
    if (!this.#isWorking) void this.#work(this.#epoch)
  }

  /** Discards all calls, including pending retries. */
  stop(): void {
    this.#epoch += 1
    this.#isWorking = false
    this.#due.clear()
    this.#failed.clear()
  }

  async #work(epoch: number): Promise<void> {
    const { limiter, timers } = this.#deps
    this.#isWorking = true
    while (this.#due.size > 0) {
      await limiter.acquire(timers.sleep)
      if (epoch !== this.#epoch) return
      const [next] = this.#due
      if (next === undefined) break
      this.#due.delete(next[0])
      void this.#make(...next, epoch)
    }
    this.#isWorking = false
  }

  async #make(key: string, call: Call, epoch: number): Promise<void> {
    const isDone = await this.#deps.make(call)
    if (isDone || epoch !== this.#epoch) return
    this.#failed.add(key)
    this.#deps.timers.after(this.#deps.retryMs, () => {
      this.#failed.delete(key)
      this.add(key, call)
    })
  }
}
