import type { InstrumentState, Snapshot, StreamEvent } from '../../client/api-client.ts'
import { Instant } from './instant.ts'
import type { Link } from './link.ts'

type BookState = InstrumentState['state']

/** The stream repeats a live book each second: one that it says nothing of for so long is not proven. */
const MAX_SILENCE_MS = 3500

/** What may be shown of an instrument at one moment: values, or why there are none. */
export type Reading =
  | { readonly isLive: true; readonly book: Snapshot; readonly eventAgeMs: number }
  | {
      readonly isLive: false
      readonly state: BookState | 'unknown' | 'gone'
      readonly reason: string | null
      /** Epoch ms; null where it is not known. */
      readonly sinceMs: number | null
    }

const GONE = { isLive: false, state: 'gone', reason: 'not_listed', sinceMs: null } as const

interface Known {
  state: BookState | 'gone'
  reason: string | null
  sinceMs: number | null
  /** The newest while it is live. */
  book: Snapshot | null
  /** When that came. */
  event: Instant | null
  /** The stream has told of it. */
  isStreamed: boolean
}

/** The newest that the service said of each instrument, judged at the moment of the look. */
export class Market {
  readonly #known = new Map<string, Known>()
  readonly #link: Link
  #names: readonly string[] = []
  /** The service has given a list, be it an empty one. */
  #isListed = false
  /** Names that the stream tells of. */
  subscribed: ReadonlySet<string> = new Set()

  constructor(link: Link) {
    this.#link = link
  }

  /** Every instrument, by name. */
  get names(): readonly string[] {
    return this.#names
  }

  /** The list as the service gave it. Of what is followed, the stream knows better while it is there. */
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
    // Its book follows, and says so: until then what was before is as true as nothing at all.
    if (data.state === 'live') return
    known.state = data.state ?? 'gone'
    known.reason = data.state === null ? GONE.reason : data.reason
    known.book = null
  }

  /** What may be shown of the instrument now. */
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

  /** The state in one word, also of what the stream does not tell of. */
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
