import type { InstrumentInfo, InstrumentStatus } from '../../model/status.ts'

/** Words after which an instrument never comes back. */
export function isFinalStatus(status: InstrumentStatus | null): boolean {
  return status === 'delivered' || status === 'archivized'
}

/** Names that are remembered as not ours; above it the memory restarts. */
const MAX_FOREIGN = 50_000

export interface InstrumentDirectoryOptions {
  /** In the order in which they were written. */
  selectors: readonly Selector[]
  maxInstruments: number
  /** Whether an instrument is in the share of this producer; all are without it. */
  isOurs?: (instrument: string) => boolean
}

/**
 * Which instruments are wanted, and what the exchange says of them. Names count from the start, what
 * a selector stands for once its lists have come. The cap takes in the order written, then by name.
 */
export class InstrumentDirectory {
  readonly #options: InstrumentDirectoryOptions
  /** The calls that all selectors need, each once. */
  readonly calls: readonly ListingCall[]
  /** Instruments that are named one by one. */
  readonly names: readonly string[]
  readonly #named: ReadonlySet<string>
  readonly #infos = new Map<string, InstrumentInfo>()
  /** Names in the newest list of each call. */
  readonly #listed = new Map<string, readonly string[]>()
  /** Gone for good, also where a setting names them. */
  readonly #gone = new Set<string>()
  /** Names heard of that no list of ours had. */
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

  /** Takes the answer to a call: what it does not hold any more is not wanted by it any more. */
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

  /** Instruments in the newest list of a call; 0 before any. */
  countListed(call: ListingCall): number {
    return this.#listed.get(keyOf(call))?.length ?? 0
  }

  /**
   * The exchange's word changed. Gives what may be out of date: the lists where the name was not seen
   * before, the instrument where it trades again, as ticks and sizes change while it does not.
   */
  applyStatus(instrument: string, status: InstrumentStatus): 'lists' | 'instrument' | null {
    const info = this.#infos.get(instrument)
    if (info === undefined && !isFinalStatus(status)) {
      if (this.calls.length === 0 || this.#named.has(instrument)) return null
      return this.#isUnknown(instrument) ? 'lists' : null
    }
    // Of the thousands that are not ours and end every week nothing is kept.
    const isKnown = info !== undefined || this.#named.has(instrument)
    if (isFinalStatus(status) && isKnown) this.#gone.add(instrument)
    if (info !== undefined) this.#infos.set(instrument, { ...info, status })
    return status === 'open' && info?.status !== 'open' ? 'instrument' : null
  }

  /** Info of the wanted instruments, as far as it is known. */
  infos(): InstrumentInfo[] {
    return this.wanted().instruments.flatMap((instrument) => this.#infos.get(instrument) ?? [])
  }

  info(instrument: string): InstrumentInfo | undefined {
    return this.#infos.get(instrument)
  }

  /** What is wanted now, within the cap, and how many the cap leaves out. */
  wanted(): { instruments: string[]; overLimit: string[] } {
    const { isOurs = () => true } = this.#options
    const all = new Set<string>()
    for (const selector of this.#options.selectors) {
      for (const instrument of this.#selected(selector)) {
        if (!this.#gone.has(instrument) && isOurs(instrument)) all.add(instrument)
      }
    }
    const names = [...all]
    const { maxInstruments } = this.#options
    return { instruments: names.slice(0, maxInstruments), overLimit: names.slice(maxInstruments) }
  }

  /** Each name leads to one look at the lists: most are of other kinds and currencies than ours. */
  #isUnknown(instrument: string): boolean {
    if (this.#foreign.has(instrument)) return false
    if (this.#foreign.size >= MAX_FOREIGN) this.#foreign.clear()
    this.#foreign.add(instrument)
    return true
  }

  /** What no list holds any more is forgotten, unless it is named. */
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

/** What INSTRUMENTS names in one word: an instrument, or all of a kind and currency. */
type Selector =
  | { readonly type: 'name'; readonly instrument: string }
  | { readonly type: 'all'; readonly kind: SelectedKind; readonly currency: string }

/** `any` = future, option, spot. Combos are taken by their names only. */
export type SelectedKind = 'future' | 'option' | 'spot' | 'any'

/** One call of `public/get_instruments`. */
export interface ListingCall {
  readonly kind: 'future' | 'option' | 'spot'
  readonly currency: string
}

const KINDS = ['future', 'option', 'spot'] as const

/** Reads `NAME` or `kind:CURRENCY`; the setting was checked before. */
export function parseSelector(name: string): Selector {
  const [kind = '', currency] = name.split(':')
  if (currency === undefined) return { type: 'name', instrument: name }
  return { type: 'all', kind: kind as SelectedKind, currency }
}

/** The calls that a selector needs. */
function callsOf({ kind, currency }: Selector & { type: 'all' }): ListingCall[] {
  return (kind === 'any' ? KINDS : [kind]).map((one) => ({ kind: one, currency }))
}
