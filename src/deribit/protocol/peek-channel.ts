import { parseChannel } from './channels.ts'

/** How the exchange starts the notifications of a book channel. */
const PREFIX = '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.'
const NAME_STARTS = PREFIX.length - 'book.'.length
const MAX_NAME_LENGTH = 128

/**
 * Reads the channel of a grouped snapshot of `instrument` from the start of a frame, without parsing
 * the frame. Null for every other frame, and for one that is not laid out as the exchange does it.
 */
export function peekGroupedChannel(value: Buffer, instrument: string): string | null {
  const start = value.toString('latin1', 0, NAME_STARTS + MAX_NAME_LENGTH)
  if (!start.startsWith(PREFIX)) return null
  const end = start.indexOf('"', NAME_STARTS)
  if (end < 0) return null
  const channel = start.slice(NAME_STARTS, end)
  const parsed = parseChannel(channel)
  return parsed.kind === 'grouped' && parsed.instrument === instrument ? channel : null
}
