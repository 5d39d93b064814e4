import type { Clock } from '../../model/clock.ts'
import { parseChannelName } from '../channels/channel-name.ts'
import type { Delivery, Stream, Subscriber } from '../channels/stream.ts'
import type { FaultBoard } from './fault-board.ts'
import type { Fault } from './fault.ts'
import { appliesTo, frameFaults, type BookChannelKind } from './frame-faults.ts'
import { initialFrames } from './greetings.ts'

/** A held frame whose successor does not come is sent after this. */
const REORDER_WAIT_MS = 300
/** Where the value of a fault says something else, it hits one frame in this many. */
const STANDARD_EVERY = 10

interface ChannelCount {
  frames: number
  /** Faults that were due on a frame that they could not be done to. */
  readonly owed: Set<string>
  held: string | null
}

/** Sends frames to subscribers, with the faults that are on done to them. */
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

  greet(stream: Stream, subscriber: Subscriber, frame: string): void {
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
        count.owed.add(fault.name)
        continue
      }
      count.owed.delete(fault.name)
      if (fault.value === 'once') this.#board.spend(fault)
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
    const count: ChannelCount = { frames: 0, owed: new Set(), held: null }
    this.#counts.set(stream, count)
    return count
  }
}

function isDue(fault: Fault, count: ChannelCount): boolean {
  if (fault.value === 'once' || count.owed.has(fault.name)) return true
  const every = fault.name === 'oversize' ? STANDARD_EVERY : Number(fault.value)
  return count.frames % every === 0
}

function kindOf(channel: string): BookChannelKind | null {
  const kind = parseChannelName(channel)?.kind
  return kind === 'incremental' || kind === 'picture' || kind === 'trades' ? kind : null
}

function send(stream: Stream, frame: string): void {
  const bytes = Buffer.from(frame)
  for (const subscriber of stream.subscribers) subscriber.send(bytes)
}
