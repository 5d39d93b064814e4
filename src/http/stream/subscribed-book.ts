import type { InstrumentView, SnapshotReader } from '../../model/snapshot.ts'
import { encodeSnapshot, encodeState } from './events.ts'

/** Levels per side in a stream. */
const DEPTH = 10
/** Interval at which an unchanged book is sent again, with new window values and verification time. */
const REFRESH_MS = 1000

/** An instrument with subscribed streams; encodes each event once for all of them. */
export class SubscribedBook {
  readonly instrument: string
  /** Number of subscribed streams. */
  subscribers = 0
  /** Versions of state and snapshot, incremented with each change; compared with the versions sent. */
  stateVersion = 0
  snapshotVersion = 0
  readonly #snapshots: SnapshotReader
  #view: InstrumentView | undefined
  #changedMonotonicMs = Number.NEGATIVE_INFINITY
  #state: Buffer | null = null
  /** Snapshot event since the last `read`; undefined: not encoded yet. */
  #snapshot: Buffer | null | undefined

  constructor(instrument: string, snapshots: SnapshotReader) {
    this.instrument = instrument
    this.#snapshots = snapshots
  }

  /** Reads the current state and increments the versions that changed. */
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
    // A book that becomes live again is new even without a change.
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

  /** Returns the snapshot event; null if the book is no longer live, its state event follows. */
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
