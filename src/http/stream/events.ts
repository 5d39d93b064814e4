import { type Static, Type } from 'typebox'
import type { InstrumentView, NumberAxes, SnapshotView } from '../../model/snapshot.ts'
import { BOOK_STATES, type BookState } from '../../model/status.ts'
import { mapSnapshot } from '../schemas/snapshot-json.ts'
import { nullable } from '../schemas/schema-types.ts'

/** Data of `event: state`. Data of `event: snapshot` is a `Snapshot` of the API. */
export const StateEventSchema = Type.Object(
  {
    instrument: Type.String(),
    state: Type.Unsafe<BookState | null>({
      type: ['string', 'null'],
      enum: [...BOOK_STATES, null],
      description: 'null: the instrument no longer belongs to this process',
    }),
    reason: nullable('string'),
    sinceMs: nullable('number'),
    lastUpdateMs: nullable('number'),
    verifiedTimeMs: nullable('number'),
  },
  {
    title: 'StateEvent',
    description: 'state of an instrument, which has values only if it is live',
  },
)

export type StateEvent = Static<typeof StateEventSchema>

/** Encodes a snapshot event. Its id names the source record, for diagnosis; a stream cannot resume from it. */
export function encodeSnapshot(view: SnapshotView, axes: NumberAxes): Buffer {
  const { topic, partition, offset } = view.source
  const data = JSON.stringify(mapSnapshot(view, axes))
  return Buffer.from(`event: snapshot\nid: ${topic}/${partition}/${offset}\ndata: ${data}\n\n`)
}

/**
 * Encodes a state event.
 * @param view undefined if the instrument does not belong to this process
 */
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

/** Comment that keeps idle connections open. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n')

/** First bytes of a stream: the reconnection delay of the client. */
export const PREAMBLE = Buffer.from('retry: 1000\n\n')
