/** A parsed channel name. */
export type Channel =
  | { readonly kind: 'grouped'; readonly instrument: string; readonly depth: number }
  | { readonly kind: 'incremental'; readonly instrument: string }
  | { readonly kind: 'trades'; readonly instrument: string }
  | { readonly kind: 'other' }

const INSTRUMENT = /^[A-Za-z0-9_-]{1,64}$/
const INTERVALS = new Set(['raw', '100ms', 'agg2'])
const GROUP = /^(none|[1-9][0-9]*)$/
const DEPTHS = new Set(['1', '10', '20'])
const OTHER: Channel = { kind: 'other' }

/** Limit of the cache; over it the cache is cleared. */
const MAX_CACHED_CHANNELS = 50_000
const cache = new Map<string, Channel>()

/**
 * Parses a channel name: `book.{i}.{group}.{depth}.{interval}`, `book.{i}.{interval}`,
 * `trades.{i}.{interval}`. Everything else, the dotted `trades.{kind}.{currency}.{interval}`
 * included, is `other`.
 */
export function parseChannel(name: string): Channel {
  const known = cache.get(name)
  if (known !== undefined) return known
  const channel = splitChannel(name)
  if (cache.size >= MAX_CACHED_CHANNELS) cache.clear()
  cache.set(name, channel)
  return channel
}

function splitChannel(name: string): Channel {
  const parts = name.split('.')
  const [family, instrument = '', ...rest] = parts
  const interval = rest.at(-1) ?? ''
  if (!INSTRUMENT.test(instrument) || !INTERVALS.has(interval)) return OTHER
  if (family === 'book' && rest.length === 3) {
    const [group = '', depth = ''] = rest
    if (!GROUP.test(group) || !DEPTHS.has(depth)) return OTHER
    return { kind: 'grouped', instrument, depth: Number(depth) }
  }
  if (family === 'book' && rest.length === 1) return { kind: 'incremental', instrument }
  if (family === 'trades' && rest.length === 1) return { kind: 'trades', instrument }
  return OTHER
}

/** Selects the book channel of an instrument. */
export type BookChannelOptions =
  | {
      readonly mode: 'grouped'
      /** `none` or a whole number. */
      readonly group: string
      readonly depth: 1 | 10 | 20
      readonly interval: '100ms' | 'agg2'
    }
  | { readonly mode: 'incremental'; readonly interval: '100ms' | 'agg2' | 'raw' }

export function bookChannel(instrument: string, options: BookChannelOptions): string {
  return options.mode === 'incremental'
    ? `book.${instrument}.${options.interval}`
    : `book.${instrument}.${options.group}.${options.depth}.${options.interval}`
}

export function tradesChannel(instrument: string, interval: string): string {
  return `trades.${instrument}.${interval}`
}

/** Whether a channel carries a book, and therefore sends a snapshot after subscribing. */
export function isBookChannel(channel: string): boolean {
  return channel.startsWith('book.')
}

/** Limits of one subscribe call; the exchange refuses frames over 32 kB. */
const MAX_CHANNELS_PER_CALL = 500
const MAX_BYTES_PER_CALL = 30_000

/** Splits channels into subscribe calls within the limits: at most 500 channels and 30,000 bytes each. */
export function chunkChannels(channels: readonly string[]): string[][] {
  const chunks: string[][] = []
  let chunk: string[] = []
  let bytes = 0
  for (const channel of channels) {
    const size = channel.length + 3
    if (chunk.length >= MAX_CHANNELS_PER_CALL || bytes + size > MAX_BYTES_PER_CALL) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(channel)
    bytes += size
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}
