import type { InstrumentInfo, InstrumentStatus } from '../../model/status.ts'

/** Whether an instrument never trades again after this status. */
export function isFinalStatus(status: InstrumentStatus | null): boolean {
  return status === 'delivered' || status === 'archivized'
}

/** Limit of remembered foreign names; over it the set is cleared. */
const MAX_FOREIGN = 50_000

export interface InstrumentDirectoryOptions {
  /** Selectors in the order of INSTRUMENTS. */
  selectors: readonly Selector[]
  maxInstruments: number
  /** Whether an instrument is in the shard of this producer. Default: all are. */
  isInShard?: (instrument: string) => boolean
}

/**
 * Selects the wanted instruments and holds their data. Named instruments are wanted from the start, those of
 * a selector once its lists are loaded. The limit applies in the order of INSTRUMENTS, then by name.
 */
export class InstrumentDirectory {
  readonly #options: InstrumentDirectoryOptions
  /** The calls that the selectors need, without duplicates. */
  readonly calls: readonly ListingCall[]
  /** Instruments that INSTRUMENTS names individually. */
  readonly names: readonly string[]
  readonly #named: ReadonlySet<string>
  readonly #infos = new Map<string, InstrumentInfo>()
  /** Names in the latest list of each call. */
  readonly #listed = new Map<string, readonly string[]>()
  /** Instruments with a final status, including named ones. */
  readonly #gone = new Set<string>()
  /** Names from notifications that are in none of the lists. */
  readonly #foreign = new Set<string>()

  constructor(options: InstrumentDirectoryOptions) {
    this.#options = options
    const calls = options.selectors.flatMap((selector) =>
      selector.type === 'all' ? callsOf(selector) : [],
    )
    this.calls = [...new Map(calls.map((call) => [keyOf(call), call])).values()]
    this.names = options.selectors.flatMap((selector) =>
      selector.type === 'name' ? [selector.instrument] : [],
    )
    this.#named = new Set(this.names)
  }

  /** Applies the result of a call. Instruments missing from it are no longer wanted by its selector. */
  applyListing(call: ListingCall, infos: readonly InstrumentInfo[]): void {
    const wanted = infos.filter(({ kind }) => kind === call.kind)
    for (const info of wanted) this.applyInfo(info)
    this.#listed.set(keyOf(call), wanted.map(({ instrument }) => instrument).sort())
    this.#forgetUnlisted()
  }

  applyInfo(info: InstrumentInfo): void {
    this.#infos.set(info.instrument, info)
    if (isFinalStatus(info.status)) this.#gone.add(info.instrument)
  }

  /** Whether every list that the selectors need was loaded. */
  get isListed(): boolean {
    return this.calls.every((call) => this.#listed.has(keyOf(call)))
  }

  /** Number of instruments in the latest list of a call; 0 before any. */
  countListed(call: ListingCall): number {
    return this.#listed.get(keyOf(call))?.length ?? 0
  }

  /**
   * Applies a status change. Returns what must be reloaded: the lists if the name is new, the instrument if it
   * trades again (its tick size and contract size may have changed).
   */
  applyStatus(instrument: string, status: InstrumentStatus): 'lists' | 'instrument' | null {
    const info = this.#infos.get(instrument)
    if (info === undefined && !isFinalStatus(status)) {
      if (this.calls.length === 0 || this.#named.has(instrument)) return null
      return this.#isUnknown(instrument) ? 'lists' : null
    }
    // Final statuses of foreign instruments are not kept: thousands expire every week.
    const isKnown = info !== undefined || this.#named.has(instrument)
    if (isFinalStatus(status) && isKnown) this.#gone.add(instrument)
    if (info !== undefined) this.#infos.set(instrument, { ...info, status })
    return status === 'open' && info?.status !== 'open' ? 'instrument' : null
  }

  /** Returns the known data of the wanted instruments. */
  infos(): InstrumentInfo[] {
    return this.wanted().instruments.flatMap((instrument) => this.#infos.get(instrument) ?? [])
  }

  info(instrument: string): InstrumentInfo | undefined {
    return this.#infos.get(instrument)
  }

  /** Returns the wanted instruments within the limit, and those over it. */
  wanted(): { instruments: string[]; overLimit: string[] } {
    const { isInShard = () => true } = this.#options
    const all = new Set<string>()
    for (const selector of this.#options.selectors) {
      for (const instrument of this.#selected(selector)) {
        if (!this.#gone.has(instrument) && isInShard(instrument)) all.add(instrument)
      }
    }
    const names = [...all]
    const { maxInstruments } = this.#options
    return { instruments: names.slice(0, maxInstruments), overLimit: names.slice(maxInstruments) }
  }

  /** Whether a name is new. Each name causes one reload at most: most are of other kinds and currencies. */
  #isUnknown(instrument: string): boolean {
    if (this.#foreign.has(instrument)) return false
    if (this.#foreign.size >= MAX_FOREIGN) this.#foreign.clear()
    this.#foreign.add(instrument)
    return true
  }

  /** Removes instruments that are in no list and not named. */
  #forgetUnlisted(): void {
    const listed = new Set([...this.#listed.values()].flat())
    for (const names of [this.#infos.keys(), this.#gone.keys()]) {
      for (const instrument of names) {
        if (listed.has(instrument) || this.#named.has(instrument)) continue
        this.#infos.delete(instrument)
        this.#gone.delete(instrument)
      }
    }
  }

  #selected(selector: Selector): readonly string[] {
    if (selector.type === 'name') return [selector.instrument]
    return callsOf(selector)
      .flatMap((call) => this.#listed.get(keyOf(call)) ?? [])
      .sort()
  }
}

function keyOf({ kind, currency }: ListingCall): string {
  return `${kind}:${currency}`
}

/** An entry of INSTRUMENTS: an instrument, or all of a kind and currency. */
type Selector =
  | { readonly type: 'name'; readonly instrument: string }
  | { readonly type: 'all'; readonly kind: SelectedKind; readonly currency: string }

/** `any` = future, option, spot. Combos must be named individually. */
export type SelectedKind = 'future' | 'option' | 'spot' | 'any'

/** One call of `public/get_instruments`. */
export interface ListingCall {
  readonly kind: 'future' | 'option' | 'spot'
  readonly currency: string
}

const KINDS = ['future', 'option', 'spot'] as const

/** Parses `NAME` or `kind:CURRENCY`, which the configuration has validated. */
export function parseSelector(name: string): Selector {
  const [kind = '', currency] = name.split(':')
  if (currency === undefined) return { type: 'name', instrument: name }
  return { type: 'all', kind: kind as SelectedKind, currency }
}

/** Returns the calls that a selector needs. */
function callsOf({ kind, currency }: Selector & { type: 'all' }): ListingCall[] {
  return (kind === 'any' ? KINDS : [kind]).map((one) => ({ kind: one, currency }))
}
