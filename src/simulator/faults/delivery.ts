import type { Clock } from '../../time/clock.ts'
import { parseChannelName } from '../channels/channel-name.ts'
import type { Delivery, Stream, Subscriber } from '../channels/stream.ts'
import type { FaultBoard } from './board.ts'
import type { Fault } from './catalogue.ts'

/** A frame held for `reorder` is sent after this time if no next frame comes, ms. */
const REORDER_WAIT_MS = 300
/** Faults whose value is not a frequency affect one frame in this many. */
const STANDARD_EVERY = 10

interface ChannelCount {
  frames: number
  /** Faults that were due on a frame to which they could not be applied. */
  readonly pending: Set<string>
  held: string | null
}

/** Sends frames to subscribers with the active faults applied. */
export class FaultyDelivery implements Delivery {
  readonly #board: FaultBoard
  readonly #clock: Clock
  readonly #counts = new WeakMap<Stream, ChannelCount>()

  constructor(board: FaultBoard, clock: Clock) {
    this.#board = board
    this.#clock = clock
  }

  publish(stream: Stream, frame: string): void {
    if (stream.subscribers.size === 0) return
    const count = this.#counts.get(stream)
    if (!this.#board.hasFrameFaults && (count?.held ?? null) === null) {
      send(stream, frame)
      return
    }
    for (const text of this.#alter(stream, frame)) send(stream, text)
  }

  sendInitial(stream: Stream, subscriber: Subscriber, frame: string): void {
    for (const text of initialFrames(this.#board, stream, frame)) subscriber.send(text)
  }

  #alter(stream: Stream, frame: string): readonly string[] {
    const kind = kindOf(stream.channel)
    if (kind === null || stream.instrument === null) return [frame]
    const count = this.#countOf(stream)
    count.frames += 1
    const held = count.held
    if (held !== null) {
      count.held = null
      return [frame, held]
    }
    for (const fault of this.#board.frameFaults(stream.instrument)) {
      if (!appliesTo(fault.name, kind) || !isDue(fault, count)) continue
      const altered = this.#apply(fault, stream, frame, count)
      if (altered === null) {
        count.pending.add(fault.name)
        continue
      }
      count.pending.delete(fault.name)
      if (fault.value === 'once') this.#board.remove(fault)
      return altered
    }
    return [frame]
  }

  #apply(
    fault: Fault,
    stream: Stream,
    frame: string,
    count: ChannelCount,
  ): readonly string[] | null {
    if (fault.name !== 'reorder') return frameFaults[fault.name]?.(frame, fault.value) ?? null
    count.held = frame
    this.#clock.setTimer(() => {
      if (count.held !== frame) return
      count.held = null
      send(stream, frame)
    }, REORDER_WAIT_MS)
    return []
  }

  #countOf(stream: Stream): ChannelCount {
    const known = this.#counts.get(stream)
    if (known !== undefined) return known
    const count: ChannelCount = { frames: 0, pending: new Set(), held: null }
    this.#counts.set(stream, count)
    return count
  }
}

function isDue(fault: Fault, count: ChannelCount): boolean {
  if (fault.value === 'once' || count.pending.has(fault.name)) return true
  const every = fault.name === 'oversize' ? STANDARD_EVERY : Number(fault.value)
  return count.frames % every === 0
}

function kindOf(channel: string): BookChannelKind | null {
  const kind = parseChannelName(channel)?.kind
  return kind === 'incremental' || kind === 'grouped' || kind === 'trades' ? kind : null
}

function send(stream: Stream, frame: string): void {
  const bytes = Buffer.from(frame)
  for (const subscriber of stream.subscribers) subscriber.send(bytes)
}

/** Returns the frames that replace a frame; null if the fault is not applicable to this frame. */
export type FrameFault = (frame: string, value: string) => readonly string[] | null

type BookChannelKind = 'incremental' | 'grouped' | 'trades'

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

/** Frame faults by name, except `reorder`, which needs the next frame (`FaultyDelivery`). */
const frameFaults: Readonly<Record<string, FrameFault>> = {
  gap: () => [],
  'lost-snapshot': () => [],
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

/** Channel kinds to which a frame fault applies. */
function appliesTo(name: string, kind: BookChannelKind): boolean {
  switch (name) {
    case 'gap':
      return kind !== 'grouped'
    case 'lost-snapshot':
      return kind === 'grouped'
    case 'delete-unknown':
      return kind === 'incremental'
    default:
      return kind !== 'trades'
  }
}

/** The `prev_change_id` of a newly started book, as recorded in 2022. */
const ODD_PREV_CHANGE_ID = 20
const CHANGE_ID = /"change_id":(\d+)/

/** Returns the initial frames for a new subscriber: the snapshot, as modified by a scenario. */
function initialFrames(board: FaultBoard, stream: Stream, frame: string): readonly string[] {
  if (!frame.includes('"type":"snapshot"')) return [frame]
  const isOn = (name: string): boolean => board.find(name, stream.instrument) !== null
  if (isOn('first-change-prev-zero')) return [asChange(frame, 0)]
  const snapshot = isOn('snapshot-with-prev') ? withPrev(frame, ODD_PREV_CHANGE_ID) : frame
  return [
    ...(isOn('change-before-snapshot') ? [emptied(frame, 0)] : []),
    snapshot,
    ...(isOn('stale-change') ? [emptied(frame, -1)] : []),
  ]
}

function idOf(frame: string): number {
  return Number(CHANGE_ID.exec(frame)?.[1] ?? 0)
}

function withPrev(frame: string, prevChangeId: number): string {
  return frame.replace(CHANGE_ID, `$&,"prev_change_id":${prevChangeId}`)
}

function asChange(frame: string, prevChangeId: number): string {
  return withPrev(frame.replace('"type":"snapshot"', '"type":"change"'), prevChangeId)
}

/**
 * Builds a change of the same channel that a client must not apply: its only row would add a wrong
 * best level, and its id is at most that of the snapshot.
 */
function emptied(frame: string, addId: number): string {
  const id = idOf(frame) + addId
  const rows = '"bids":[["new",0.5,1.0]],"asks":[["delete",0.75,0.0]]'
  const bare = frame.replace(/"bids":\[.*\],"asks":\[.*?\](?=,"|\})/, rows)
  return asChange(bare.replace(CHANGE_ID, `"change_id":${id}`), id - 1)
}
