import { AppError } from '../../errors.ts'
import { type NumberedLine, LineParser } from '../../recording/line-parser.ts'
import { readWholeRecording } from '../../recording/reader.ts'
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
  /** What is missing at the end of a recording that is cut off; null if it is complete. */
  readonly warning: string | null
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
 * text}`, or its gzip data. Lines without a channel (answers, requests, heartbeats) are ignored.
 * @throws AppError `ERR_USAGE` if it cannot be read or holds no notification
 */
export function readRecording(file: string): Recording {
  const name = `--replay=${file}`
  const { lines, warning } = readWholeRecording({ file, name })
  return recordingOf(lines, name, warning)
}

/** @throws AppError `ERR_USAGE` naming the invalid line */
export function parseRecording(texts: readonly string[]): Recording {
  const name = '--replay=lines'
  const parser = new LineParser(name)
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''))
  return recordingOf([...parser.push(bytes)], name, null)
}

function recordingOf(
  numbered: readonly NumberedLine[],
  name: string,
  warning: string | null,
): Recording {
  const lines = numbered.flatMap(readLine)
  if (lines.length === 0) {
    throw usageError(
      warning === null ? `${name}: holds no notification` : `${warning}: no notification`,
    )
  }
  const isTimed = lines.every(({ receivedMs }) => receivedMs !== null)
  return { ...place(lines, isTimed), warning }
}

function readLine({ direction, receivedUs, raw, line }: NumberedLine): Line[] {
  if (direction !== 'in') return []
  const { channel, data } = notificationOf(raw)
  if (channel === null) return []
  const first: unknown = Array.isArray(data) ? data[0] : data
  const timestamp = isObject(first) ? first['timestamp'] : null
  return [
    {
      line,
      receivedMs: receivedUs === null ? null : receivedUs / 1000,
      exchangeMs: typeof timestamp === 'number' ? timestamp : null,
      channel,
      raw,
      data,
    },
  ]
}

/** Matches the channel in a frame that is cut off or not valid JSON, which is played as it is. */
const CHANNEL = /"channel"\s*:\s*"([^"]+)"/

function notificationOf(raw: string): { channel: string | null; data: unknown } {
  try {
    const message: unknown = JSON.parse(raw)
    const params = isObject(message) ? message['params'] : null
    if (!isObject(params) || typeof params['channel'] !== 'string')
      return { channel: null, data: null }
    return { channel: params['channel'], data: params['data'] }
  } catch {
    return { channel: CHANNEL.exec(raw)?.[1] ?? null, data: null }
  }
}

/** Computes the time of each frame: by receipt, else by exchange time, never decreasing. */
function place(lines: readonly Line[], isTimed: boolean): Omit<Recording, 'warning'> {
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

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}

type NumberKind = 'time' | 'change' | 'trade_seq' | 'trade_id'

interface CutNumber {
  readonly kind: NumberKind
  readonly digits: string
  /** Of the trade, for `trade_seq`; null where it is unknown. */
  readonly instrument: string | null
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

export function cutFrame(frame: Pick<RecordedFrame, 'raw' | 'data' | 'instrument'>): CutFrame {
  const { raw } = frame
  const pieces: (string | CutNumber)[] = []
  const matches = [...raw.matchAll(NUMBERS)]
  const traded = tradedInstruments(
    frame,
    matches.filter((match) => match[2] === 'trade_seq').length,
  )
  let trade = 0
  let at = 0
  for (const match of matches) {
    const [whole, label = '', field, textField, digits = ''] = match
    const kind = KINDS[field ?? textField ?? ''] ?? 'time'
    pieces.push(raw.slice(at, match.index + label.length))
    pieces.push({
      kind,
      digits,
      instrument: kind === 'trade_seq' ? (traded[trade++] ?? null) : null,
    })
    at = match.index + whole.length
  }
  pieces.push(raw.slice(at))
  return { pieces }
}

/** Instruments of the trades of a frame, in order; a channel may cover several. */
function tradedInstruments(
  { data, instrument }: Pick<RecordedFrame, 'data' | 'instrument'>,
  count: number,
): (string | null)[] {
  const trades: readonly unknown[] = Array.isArray(data) && data.length === count ? data : []
  return Array.from({ length: count }, (_, index) => {
    const trade = trades[index]
    const name = isObject(trade) ? trade['instrument_name'] : undefined
    return typeof name === 'string' ? name : instrument
  })
}

/** Constants added in a pass. */
export interface PassShift {
  readonly timeMs: number
  /** For change ids and trade ids. */
  readonly id: number
  /** For `trade_seq`. */
  readonly tradeSeq: (instrument: string | null) => number
}

/** Joins the frame with constants added to its times and ids; an id of 0 stays 0. */
export function patchFrame({ pieces }: CutFrame, shift: PassShift): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const { kind, digits } = piece
      const move = moveOf(piece, shift)
      const isMoved = move !== 0 && (kind === 'time' || digits !== '0')
      return isMoved ? String(BigInt(digits) + BigInt(move)) : digits
    })
    .join('')
}

function moveOf({ kind, instrument }: CutNumber, { timeMs, id, tradeSeq }: PassShift): number {
  if (kind === 'time') return timeMs
  return kind === 'trade_seq' ? tradeSeq(instrument) : id
}

/** What is added from one pass to the next: the smallest constants that make it larger than all of this one. */
export interface IdSpans {
  /** For change ids and trade ids. */
  readonly id: number
  /** For `trade_seq`, which rises by one with each trade: the next pass continues it without a hole. */
  readonly tradeSeq: ReadonlyMap<string | null, number>
}

export function idSpans(frames: readonly CutFrame[]): IdSpans {
  const seqs = new Map<string | null, Span>()
  const ids = new Map<NumberKind, Span>()
  for (const piece of frames.flatMap(({ pieces }) => pieces)) {
    if (typeof piece === 'string' || piece.kind === 'time' || piece.digits === '0') continue
    const { kind, instrument, digits } = piece
    if (kind === 'trade_seq') seqs.set(instrument, widened(seqs.get(instrument), digits))
    else ids.set(kind, widened(ids.get(kind), digits))
  }
  return {
    id: Math.max(1, ...[...ids.values()].map(countOf)),
    tradeSeq: new Map([...seqs].map(([instrument, span]) => [instrument, countOf(span)])),
  }
}

interface Span {
  readonly low: bigint
  readonly high: bigint
}

function widened(span: Span | undefined, digits: string): Span {
  const id = BigInt(digits)
  const { low, high } = span ?? { low: id, high: id }
  return { low: id < low ? id : low, high: id > high ? id : high }
}

function countOf({ low, high }: Span): number {
  return Number(high - low) + 1
}
