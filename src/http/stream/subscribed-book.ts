import type { InstrumentView, SnapshotReader } from '../../model/snapshot.ts'
import { encodeSnapshot, encodeState } from './events.ts'

/** Levels a side in a stream. */
const DEPTH = 10
/** A book without a new snapshot is sent again so often: windows move on, and so does its proof. */
const REFRESH_MS = 1000

/** One instrument that streams follow: what is to be said of it, written once for all of them. */
export class SubscribedBook {
  readonly instrument: string
  /** Streams that follow it. */
  followers = 0
  /** Grows with each change of state, and with each new snapshot; what was sent is compared with it. */
  stateVersion = 0
  snapshotVersion = 0
  readonly #snapshots: SnapshotReader
  #view: InstrumentView | undefined
  #changedMonotonicMs = Number.NEGATIVE_INFINITY
  #state: Buffer | null = null
  /** As of the last look; undefined: not written since. */
  #snapshot: Buffer | null | undefined

  constructor(instrument: string, snapshots: SnapshotReader) {
    this.instrument = instrument
    this.#snapshots = snapshots
  }

  /** Finds out what is new. What is written afterwards is as of this look or younger. */
  read(nowMonotonicMs: number): void {
    const view = this.#snapshots.instrument(this.instrument)
    const before = this.#view
    this.#view = view
    this.#snapshot = undefined
    if (this.stateVersion === 0 || !isSameState(before, view)) {
      this.stateVersion += 1
      this.#state = null
    }
    if (view?.state !== 'live') return
    // What a book that comes back shows is news too.
    const isNew =
      before?.state !== 'live' ||
      before.updatesTotal !== view.updatesTotal ||
      before.lastUpdateMs !== view.lastUpdateMs
    if (isNew || nowMonotonicMs - this.#changedMonotonicMs >= REFRESH_MS) {
      this.snapshotVersion += 1
      this.#changedMonotonicMs = nowMonotonicMs
    }
  }

  get isLive(): boolean {
    return this.#view?.state === 'live'
  }

  stateEvent(): Buffer {
    this.#state ??= encodeState(this.instrument, this.#view)
    return this.#state
  }

  /** null where the book is not live any more at this very moment: its state follows. */
  snapshotEvent(): Buffer | null {
    if (this.#snapshot === undefined) {
      const view = this.#snapshots.snapshot(this.instrument, DEPTH)
      this.#snapshot = view?.state === 'live' ? encodeSnapshot(view, this.#snapshots) : null
    }
    return this.#snapshot
  }
}

function isSameState(a: InstrumentView | undefined, b: InstrumentView | undefined): boolean {
  return a?.state === b?.state && a?.reason === b?.reason && a?.sinceMs === b?.sinceMs
}
