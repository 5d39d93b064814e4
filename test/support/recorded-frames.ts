import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { recordingPath } from './recordings.ts'

/** Text of a recording, decompressed if needed. */
export function readRecording(name: string): string {
  const file = readFileSync(recordingPath(name))
  return (name.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')
}

interface RecordedLine {
  readonly dir: 'in' | 'out'
  readonly raw: string
  /** Null if not recorded. */
  readonly recv_us: number | null
}

/** The recorded frames of the exchange with receipt times, epoch ms. */
export function recordedLines(name: string): { raw: string; receivedTimeMs: number | null }[] {
  return readRecording(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine)
    .filter(({ dir }) => dir === 'in')
    .map(({ raw, recv_us }) => ({ raw, receivedTimeMs: recv_us === null ? null : recv_us / 1000 }))
}

/** The recorded frames of the exchange. */
export function recordedFrames(name: string): string[] {
  return recordedLines(name).map(({ raw }) => raw)
}

export type RecordedRow = [number, number] | ['new' | 'change' | 'delete', number, number]

/** The `data` of a recorded book frame; members present in recordings of every year. */
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
