export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Times at which the protocol changed, epoch ms: older recordings are checked by the older rules. */
export const CHANGES = {
  /** Incremental frames have a `type`. */
  type: Date.UTC(2021, 6, 1),
  /** Rows of changes are sorted. */
  sorted: Date.UTC(2021, 9, 1),
  /** Raw channels need a login. */
  rawLogin: Date.UTC(2022, 0, 15),
  /** Public streams carry no liquidation. */
  liquidation: Date.UTC(2023, 9, 3),
  /** Instrument states were renamed. */
  states: Date.UTC(2026, 0, 13),
} as const

/** A parsed frame from the exchange. */
export interface Frame {
  readonly raw: string
  /** Receipt, epoch ms; null in recordings without times. */
  readonly receivedMs: number | null
  /** Time by which the rules are chosen: receipt, else the frame's own time, else the present. */
  readonly eraMs: number
}

/** A notification of a channel. */
export interface Notification extends Frame {
  readonly channel: string
  readonly data: unknown
}

/** A request of the client. */
export interface SentRequest {
  readonly method: string
  readonly params: JsonObject
  readonly sentMs: number | null
}

/** What is known of a channel from its name. */
export interface ChannelFacts {
  readonly family:
    | 'incremental'
    | 'grouped'
    | 'ticker'
    | 'quote'
    | 'trades'
    | 'trades_of_kind'
    | 'price_index'
    | 'instrument_state'
    | 'instrument_creation'
    | 'platform_state'
    | 'public_methods'
    | 'other'
    | 'unknown'
  readonly instrument: string | null
  readonly isRaw: boolean
  /** Levels a side of a grouped channel. */
  readonly depth: number | null
}

/** Families that the service does not use, and whose data is not checked. */
const OTHER_FAMILIES = ['perpetual', 'incremental_ticker', 'announcements', 'chart', 'estimated']
const INTERVALS = new Set(['raw', '100ms', 'agg2'])
const UNKNOWN = { family: 'unknown', instrument: null, isRaw: false, depth: null } as const
const MAX_CACHED = 50_000
const cache = new Map<string, ChannelFacts>()

export function factsOf(channel: string): ChannelFacts {
  const known = cache.get(channel)
  if (known !== undefined) return known
  if (cache.size >= MAX_CACHED) cache.clear()
  const facts = readName(channel)
  cache.set(channel, facts)
  return facts
}

function readName(channel: string): ChannelFacts {
  const [first = '', instrument = '', ...rest] = channel.split('.')
  const interval = rest.at(-1) ?? ''
  const isRaw = interval === 'raw'
  const named = { instrument, isRaw, depth: null }
  switch (first) {
    case 'book': {
      if (!INTERVALS.has(interval)) return UNKNOWN
      if (rest.length === 1) return { ...named, family: 'incremental' }
      const depth = Number(rest[1])
      return rest.length === 3 && [1, 10, 20].includes(depth)
        ? { ...named, family: 'grouped', depth }
        : UNKNOWN
    }
    case 'ticker':
      return rest.length === 1 && INTERVALS.has(interval) ? { ...named, family: 'ticker' } : UNKNOWN
    case 'quote':
      return rest.length === 0 ? { ...named, family: 'quote' } : UNKNOWN
    case 'trades':
      if (!INTERVALS.has(interval)) return UNKNOWN
      return rest.length === 1
        ? { ...named, family: 'trades' }
        : { ...named, instrument: null, family: 'trades_of_kind' }
    case 'deribit_price_index':
      return { ...UNKNOWN, family: 'price_index' }
    case 'instrument':
      if (instrument === 'state') return { ...UNKNOWN, family: 'instrument_state' }
      return instrument === 'creation' ? { ...UNKNOWN, family: 'instrument_creation' } : UNKNOWN
    case 'platform_state':
      return { ...UNKNOWN, family: instrument === '' ? 'platform_state' : 'public_methods' }
    default:
      return OTHER_FAMILIES.includes(first) ? { ...UNKNOWN, family: 'other' } : UNKNOWN
  }
}
