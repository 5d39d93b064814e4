import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { recordingPath } from './recordings.ts'

/** Text of a recording, unpacked where it is packed. */
export function readRecording(name: string): string {
  const file = readFileSync(recordingPath(name))
  return (name.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')
}

interface RecordedLine {
  readonly dir: 'in' | 'out'
  readonly raw: string
  /** null where the recorder kept no time. */
  readonly recv_us: number | null
}

/** The frames that came from the exchange, as they came and when, epoch ms. */
export function recordedLines(name: string): { raw: string; receivedTimeMs: number | null }[] {
  return readRecording(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine)
    .filter(({ dir }) => dir === 'in')
    .map(({ raw, recv_us }) => ({ raw, receivedTimeMs: recv_us === null ? null : recv_us / 1000 }))
}

/** The frames that came from the exchange, as they came. */
export function recordedFrames(name: string): string[] {
  return recordedLines(name).map(({ raw }) => raw)
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
