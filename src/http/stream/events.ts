import { type Static, Type } from 'typebox'
import type { InstrumentView, NumberAxes, SnapshotView } from '../../model/snapshot.ts'
import { BOOK_STATES, type BookState } from '../../model/status.ts'
import { mapSnapshot } from '../schemas/snapshot-json.ts'
import { nullable } from '../schemas/snapshot.ts'

/** Data of `event: state`; data of `event: snapshot` is one book as the API gives it. */
export const StateEventSchema = Type.Object(
  {
    instrument: Type.String(),
    state: Type.Unsafe<BookState | null>({
      type: ['string', 'null'],
      enum: [...BOOK_STATES, null],
      description: 'null: this process answers for the instrument no longer',
    }),
    reason: nullable('string'),
    sinceMs: nullable('number'),
    lastUpdateMs: nullable('number'),
    verifiedTimeMs: nullable('number'),
  },
  { title: 'StateEvent', description: 'what an instrument is now; it has values only when live' },
)

export type StateEvent = Static<typeof StateEventSchema>

/** The id names the record that made the values: it serves tracing, no stream begins from it. */
export function encodeSnapshot(view: SnapshotView, axes: NumberAxes): Buffer {
  const { topic, partition, offset } = view.source
  const data = JSON.stringify(mapSnapshot(view, axes))
  return Buffer.from(`event: snapshot\nid: ${topic}/${partition}/${offset}\ndata: ${data}\n\n`)
}

/** @param view undefined where the process does not answer for the instrument */
export function encodeState(instrument: string, view: InstrumentView | undefined): Buffer {
  const data: StateEvent = {
    instrument,
    state: view?.state ?? null,
    reason: view?.reason ?? null,
    sinceMs: view?.sinceMs ?? null,
    lastUpdateMs: view?.lastUpdateMs ?? null,
    verifiedTimeMs: view?.verifiedTimeMs ?? null,
  }
  return Buffer.from(`event: state\ndata: ${JSON.stringify(data)}\n\n`)
}

/** Keeps connections from looking dead. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n')

/** The first bytes of a stream: how long a client waits before it comes back. */
export const PREAMBLE = Buffer.from('retry: 1000\n\n')
