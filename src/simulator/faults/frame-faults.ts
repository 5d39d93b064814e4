/** What a frame fault makes of a frame; null where it cannot be done to this one. */
export type FrameFault = (frame: string, value: string) => readonly string[] | null

export type BookChannelKind = 'incremental' | 'picture' | 'trades'

/** First row of a side: `["new",price,amount]` or `[price,amount]`, with an amount that is not 0. */
const FIRST_AMOUNT = /("(?:bids|asks)":\[\[(?:"(?:new|change)",)?[^,\]]+,)([^\]]+)\]/
/** The first two rows of a side. */
const FIRST_ROWS = /("(?:bids|asks)":\[)(\[[^\]]+\]),(\[[^\]]+\])/
const BIDS = /"bids":\[(.*?)\],"asks"/
/** Below every tick of every instrument, and so the last row of the bids. */
const UNKNOWN_PRICE = '5.0e-6'

const GARBAGE = [
  'not json at all',
  '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.',
  '{"jsonrpc":"2.0","method":"no_such_method","params":{}}',
  '{"jsonrpc":"2.0","method":"subscription","params":{"channel":7,"data":null}}',
  '[]',
  'null',
  '{"jsonrpc":"2.0","method":"heartbeat"}',
  '',
]
let garbageAt = 0

function nextGarbage(): string {
  garbageAt = (garbageAt + 1) % GARBAGE.length
  return GARBAGE[garbageAt] ?? ''
}

function replaced(frame: string, pattern: RegExp, by: string): readonly string[] | null {
  const altered = frame.replace(pattern, by)
  return altered === frame ? null : [altered]
}

/** `reorder` is missing: it needs the next frame, see the delivery. */
export const frameFaults: Readonly<Record<string, FrameFault>> = {
  gap: () => [],
  'lost-picture': () => [],
  duplicate: (frame) => [frame, frame],
  garbage: (frame) => [nextGarbage(), frame],
  truncated: (frame) => [frame.slice(0, Math.floor(frame.length / 2))],
  oversize: (frame, value) =>
    replaced(frame, /"channel":/, `"sim_pad":"${'x'.repeat(Number(value))}","channel":`),
  unsorted: (frame) => replaced(frame, FIRST_ROWS, '$1$3,$2'),
  'non-finite': (frame) => replaced(frame, FIRST_AMOUNT, '$11.0e999]'),
  negative: (frame) => replaced(frame, FIRST_AMOUNT, '$1-$2]'),
  'delete-unknown': (frame) => {
    const altered = frame.replace(BIDS, (_whole, rows: string) => {
      const separator = rows === '' ? '' : ','
      return `"bids":[${rows}${separator}["delete",${UNKNOWN_PRICE},0.0]],"asks"`
    })
    return altered === frame ? null : [altered]
  },
}

/** Channels that a frame fault is made for. */
export function appliesTo(name: string, kind: BookChannelKind): boolean {
  switch (name) {
    case 'gap':
      return kind !== 'picture'
    case 'lost-picture':
      return kind === 'picture'
    case 'delete-unknown':
      return kind === 'incremental'
    default:
      return kind !== 'trades'
  }
}
