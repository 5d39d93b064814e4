import type { InstrumentState, Snapshot, StreamEvent } from '../../client/api-client.ts'
import { Instant } from './instant.ts'
import type { Link } from './link.ts'

type BookState = InstrumentState['state']

/**
 * The stream repeats a live book every second; without an event for this time it is unverified,
 * ms.
 */
const MAX_SILENCE_MS = 3500

/** What the page shows for an instrument: values, or the reason for their absence. */
export type Reading =
  | { readonly isLive: true; readonly book: Snapshot; readonly eventAgeMs: number }
  | {
      readonly isLive: false
      readonly state: BookState | 'unknown' | 'gone'
      readonly reason: string | null
      /** Epoch ms; null if unknown. */
      readonly sinceMs: number | null
    }

const GONE = { isLive: false, state: 'gone', reason: 'not_listed', sinceMs: null } as const

interface Known {
  state: BookState | 'gone'
  reason: string | null
  sinceMs: number | null
  /** Newest values while it is live. */
  book: Snapshot | null
  /** When they arrived. */
  event: Instant | null
  /** Whether the stream has sent an event of it. */
  isStreamed: boolean
}

/** Holds the newest state of each instrument; liveness is checked when it is read. */
export class Market {
  readonly #known = new Map<string, Known>()
  readonly #link: Link
  #names: readonly string[] = []
  /** Whether the service has returned a list, even an empty one. */
  #isListed = false
  /** Names that the stream covers. */
  subscribed: ReadonlySet<string> = new Set()

  constructor(link: Link) {
    this.#link = link
  }

  /** Instruments by name. */
  get names(): readonly string[] {
    return this.#names
  }

  /**
   * Applies the list of the service. For subscribed instruments the stream takes precedence while
   * it is connected.
   */
  setInstruments(list: readonly InstrumentState[]): void {
    this.#isListed = true
    const isSame =
      list.length === this.#names.length &&
      list.every(({ instrument }, index) => instrument === this.#names[index])
    if (!isSame) this.#names = list.map(({ instrument }) => instrument)
    const isStreamThere = this.#link.streamProblem === null
    for (const { instrument, state, reason, sinceMs } of list) {
      const known = this.#of(instrument)
      if (isStreamThere && this.subscribed.has(instrument) && known.isStreamed) {
        if (known.state !== 'gone') continue
      }
      Object.assign(known, { state, reason, sinceMs })
    }
    if (!isSame) {
      const names = new Set(this.#names)
      for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name)
    }
  }

  apply({ event, data }: StreamEvent): void {
    const known = this.#of(data.instrument)
    known.isStreamed = true
    if (event === 'snapshot') {
      known.state = 'live'
      known.reason = null
      known.book = data
      known.event = new Instant()
      return
    }
    known.sinceMs = data.sinceMs
    // Its book follows in the stream; until then earlier values are not valid.
    if (data.state === 'live') return
    known.state = data.state ?? 'gone'
    known.reason = data.state === null ? GONE.reason : data.reason
    known.book = null
  }

  /** Returns what the page shows for the instrument now. */
  read(name: string): Reading {
    const known = this.#known.get(name)
    if (!this.#link.isAlive) return unknown('no_answer', this.#link.verifiedTimeMs)
    if (known === undefined) return this.#isListed ? GONE : unknown('not_asked', null)
    if (known.state !== 'live') {
      return { isLive: false, state: known.state, reason: known.reason, sinceMs: known.sinceMs }
    }
    const eventAgeMs = known.event?.ageMs ?? Number.POSITIVE_INFINITY
    if (known.book !== null && eventAgeMs <= MAX_SILENCE_MS) {
      return { isLive: true, book: known.book, eventAgeMs }
    }
    if (!this.subscribed.has(name)) return unknown('not_subscribed', known.sinceMs)
    return unknown(this.#link.streamProblem === null ? 'no_event' : 'no_stream', null)
  }

  /** Returns the state, also of instruments that the stream does not cover. */
  stateOf(name: string): BookState | 'unknown' | 'gone' {
    const reading = this.read(name)
    if (reading.isLive) return 'live'
    return reading.reason === 'not_subscribed' ? 'live' : reading.state
  }

  #of(name: string): Known {
    let known = this.#known.get(name)
    if (known === undefined) {
      known = {
        state: 'waiting',
        reason: 'no_snapshot',
        sinceMs: null,
        book: null,
        event: null,
        isStreamed: false,
      }
      this.#known.set(name, known)
    }
    return known
  }
}

function unknown(reason: string, sinceMs: number | null): Reading {
  return { isLive: false, state: 'unknown', reason, sinceMs }
}
