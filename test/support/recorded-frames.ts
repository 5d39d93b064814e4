import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { recordingPath } from './recordings.ts'

/** Text of a recording, unpacked where it is packed. */
export function readRecording(name: string): string {
  const file = readFileSync(recordingPath(name))
  return (name.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')
}

/** The frames that came from the exchange, as they came. */
export function recordedFrames(name: string): string[] {
  return readRecording(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { dir: 'in' | 'out'; raw: string })
    .filter(({ dir }) => dir === 'in')
    .map(({ raw }) => raw)
}

export type RecordedRow = [number, number] | ['new' | 'change' | 'delete', number, number]

/** The `data` of a recorded book frame; the members that every year has. */
export interface RecordedBook {
  readonly instrument_name: string
  readonly change_id: number
  readonly prev_change_id?: number
  readonly type?: 'snapshot' | 'change'
  readonly timestamp: number
  readonly bids: RecordedRow[]
  readonly asks: RecordedRow[]
}

export interface RecordedNotification {
  readonly method?: string
  readonly params?: { readonly channel?: string; readonly data: RecordedBook }
}
