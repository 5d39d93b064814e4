import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { AppError, messageOf } from '../../errors.ts'
import { parseChannelName } from '../channels/channel-name.ts'

/** One recorded notification. */
export interface RecordedFrame {
  /** Line in the file, from 1. */
  readonly line: number
  /** When it is sent, ms after the first one at speed 1. */
  readonly offsetMs: number
  readonly channel: string
  /** Instrument of the channel; null if the channel covers several. */
  readonly instrument: string | null
  /** The text of the frame as it was received. */
  readonly raw: string
  readonly data: unknown
}

export interface Recording {
  readonly frames: readonly RecordedFrame[]
  /** Offset added to every `timestamp` for a pass that starts at 0 on the exchange's clock, ms. */
  readonly shiftMs: number
  /** Time from the first frame to the earliest start of the next pass, ms. */
  readonly lengthMs: number
}

/** Time between frames of a recording without times, ms. */
const DEFAULT_GAP_MS = 100

interface Line {
  readonly line: number
  readonly receivedMs: number | null
  readonly exchangeMs: number | null
  readonly channel: string
  readonly raw: string
  readonly data: unknown
}

/**
 * Reads a recording: one JSON object per line, `{"recv_us": number|null, "dir": "in"|"out", "raw":
 * text}`, gzipped if the name ends in `.gz`. Replies, requests and heartbeats are ignored.
 * @throws AppError `ERR_USAGE` if it cannot be read or holds no notification
 */
export function readRecording(file: string): Recording {
  let text: string
  try {
    const bytes = readFileSync(file)
    text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  } catch (error) {
    throw usageError(`--replay=${file}: cannot be read: ${messageOf(error)}`, error)
  }
  return parseRecording(text.split('\n'), file)
}

/** @throws AppError `ERR_USAGE` naming the invalid line */
export function parseRecording(texts: readonly string[], name: string): Recording {
  const lines = texts.flatMap((text, index) => {
    if (text.trim() === '') return []
    try {
      return parseLine(text, index + 1)
    } catch (error) {
      throw usageError(`--replay=${name}: line ${index + 1}: ${messageOf(error)}`, error)
    }
  })
  if (lines.length === 0) throw usageError(`--replay=${name}: holds no notification`)
  const isTimed = lines.every(({ receivedMs }) => receivedMs !== null)
  return place(lines, isTimed)
}

function parseLine(text: string, line: number): Line[] {
  const entry: unknown = JSON.parse(text)
  if (!isObject(entry) || typeof entry['raw'] !== 'string')
    throw new Error('expected {"recv_us","dir","raw"}')
  const { recv_us: receivedUs, dir, raw } = entry as { recv_us: unknown; dir: unknown; raw: string }
  if (dir === 'out') return []
  const message: unknown = JSON.parse(raw)
  const params = isObject(message) ? message['params'] : null
  if (!isObject(params) || typeof params['channel'] !== 'string') return []
  const { channel, data } = params as { channel: string; data: unknown }
  const first: unknown = Array.isArray(data) ? data[0] : data
  const timestamp = isObject(first) ? first['timestamp'] : null
  return [
    {
      line,
      receivedMs: typeof receivedUs === 'number' ? receivedUs / 1000 : null,
      exchangeMs: typeof timestamp === 'number' ? timestamp : null,
      channel,
      raw,
      data,
    },
  ]
}

/** Computes the time of each frame: by receipt, else by exchange time, never decreasing. */
function place(lines: readonly Line[], isTimed: boolean): Recording {
  const timeOf = (line: Line): number | null => (isTimed ? line.receivedMs : line.exchangeMs)
  const startMs = lines.map(timeOf).find((time) => time !== null) ?? 0
  let offsetMs = 0
  const frames = lines.map((line, index): RecordedFrame => {
    const timeMs = timeOf(line)
    const wanted =
      timeMs === null ? offsetMs + (index === 0 ? 0 : DEFAULT_GAP_MS) : timeMs - startMs
    offsetMs = Math.max(offsetMs, wanted)
    const { channel, raw, data } = line
    return {
      line: line.line,
      offsetMs,
      channel,
      instrument: instrumentOfChannel(channel),
      raw,
      data,
    }
  })
  // The first frame is sent now, and none before its own timestamp, even if the recorder's clock
  // was slow or the first frame carried an old change.
  const leads = lines.flatMap(({ exchangeMs }, index) =>
    exchangeMs === null ? [] : [exchangeMs - (frames[index]?.offsetMs ?? 0)],
  )
  const newest = leads.reduce((most, lead) => Math.max(most, lead), Number.NEGATIVE_INFINITY)
  const gapMs = frames.length > 1 ? offsetMs / (frames.length - 1) : DEFAULT_GAP_MS
  return {
    frames,
    shiftMs: Number.isFinite(newest) ? -Math.ceil(newest) : 0,
    lengthMs: Math.ceil(offsetMs + Math.max(1, gapMs)),
  }
}

function instrumentOfChannel(channel: string): string | null {
  const name = parseChannelName(channel)
  return name !== null && 'instrument' in name ? name.instrument : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function usageError(problem: string, cause?: unknown): AppError {
  return new AppError('ERR_USAGE', problem, { cause, context: { problems: [problem] } })
}

type NumberKind = 'time' | 'change' | 'trade_seq' | 'trade_id'

interface CutNumber {
  readonly kind: NumberKind
  readonly digits: string
}

/**
 * A frame split at the numbers that are changed on replay; the text between them is kept byte for
 * byte.
 */
export interface CutFrame {
  readonly pieces: readonly (string | CutNumber)[]
}

/**
 * Matches `"timestamp"` with its quotes, to exclude `starbase_timestamp`. The ids are those whose
 * sequence a reader checks; `trade_id` is a string of digits, with a prefix outside BTC.
 */
const NUMBERS =
  /("(timestamp|change_id|prev_change_id|trade_seq)"\s*:\s*|"(trade_id)"\s*:\s*"(?:[A-Z_]+-)?)(\d+)/g

const KINDS: Readonly<Record<string, NumberKind>> = {
  timestamp: 'time',
  change_id: 'change',
  prev_change_id: 'change',
  trade_seq: 'trade_seq',
  trade_id: 'trade_id',
}

export function cutFrame(raw: string): CutFrame {
  const pieces: (string | CutNumber)[] = []
  let at = 0
  for (const match of raw.matchAll(NUMBERS)) {
    const [whole, label = '', field, textField, digits = ''] = match
    pieces.push(raw.slice(at, match.index + label.length))
    pieces.push({ kind: KINDS[field ?? textField ?? ''] ?? 'time', digits })
    at = match.index + whole.length
  }
  pieces.push(raw.slice(at))
  return { pieces }
}

/** Joins the frame with constants added to its times and ids; an id of 0 stays 0. */
export function patchFrame({ pieces }: CutFrame, addMs: number, addId: number): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const move = piece.kind === 'time' ? addMs : addId
      const isMoved = move !== 0 && (piece.kind === 'time' || piece.digits !== '0')
      return isMoved ? String(BigInt(piece.digits) + BigInt(move)) : piece.digits
    })
    .join('')
}

/**
 * Returns the smallest constant that makes the ids of the next pass larger than all of this one.
 */
export function idSpan(frames: readonly CutFrame[]): number {
  const spans = new Map<NumberKind, { low: bigint; high: bigint }>()
  for (const { pieces } of frames) {
    for (const piece of pieces) {
      if (typeof piece === 'string' || piece.kind === 'time' || piece.digits === '0') continue
      const id = BigInt(piece.digits)
      const { low, high } = spans.get(piece.kind) ?? { low: id, high: id }
      spans.set(piece.kind, { low: id < low ? id : low, high: id > high ? id : high })
    }
  }
  const widths = [...spans.values()].map(({ low, high }) => Number(high - low))
  return Math.max(0, ...widths) + 1
}
