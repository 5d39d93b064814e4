import type { Stream } from '../channels/stream.ts'
import type { FaultBoard } from './fault-board.ts'

/** As captured on a newly started book in 2022. */
const ODD_PREV_CHANGE_ID = 20
const CHANGE_ID = /"change_id":(\d+)/

/** The first frames for a new subscriber: the snapshot, or what a scenario makes of it. */
export function initialFrames(board: FaultBoard, stream: Stream, frame: string): readonly string[] {
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
 * A change of the same channel that a client must not apply: its one row would put a wrong level on
 * top, its id is at most that of the snapshot.
 */
function emptied(frame: string, addId: number): string {
  const id = idOf(frame) + addId
  const rows = '"bids":[["new",0.5,1.0]],"asks":[["delete",0.75,0.0]]'
  const bare = frame.replace(/"bids":\[.*\],"asks":\[.*?\](?=,"|\})/, rows)
  return asChange(bare.replace(CHANGE_ID, `"change_id":${id}`), id - 1)
}
