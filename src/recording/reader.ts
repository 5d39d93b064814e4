import { createReadStream, readFileSync, statSync } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'
import { LineParser, type NumberedLine } from './line-parser.ts'

/** Name of the standard input. */
const STANDARD_INPUT = '-'
const GZIP_MAGIC = [0x1f, 0x8b]
const ENDS_EARLY = 'the gzip data ends early'
/** A damaged file up to this size is read to the damage exactly. */
const MAX_DAMAGED_BYTES = 64 * 1024 * 1024
const IS_DAMAGED = 'the gzip data is damaged'

export interface RecordingSource {
  /** Path, or `-` for the standard input. Gzip is recognised by its first bytes. */
  readonly file: string
  /** Name in errors and warnings, such as `--replay=x.jsonl`. Default: the path. */
  readonly name?: string
  /** Ends the reading, which throws the reason (an AppError), also while the input sends nothing. */
  readonly signal?: AbortSignal
}

/**
 * Reads a recording line by line with bounded memory. A slightly broken one (cut last line, cut or
 * damaged gzip data) is read up to the break.
 * @param onWarning called at most once, at the end, with what is missing
 * @throws AppError `ERR_USAGE` if it cannot be read, or naming an invalid line
 */
export async function* readRecordingLines(
  source: RecordingSource,
  onWarning: (warning: string) => void,
): AsyncGenerator<NumberedLine> {
  for await (const lines of readRecordingBatches(source, onWarning)) yield* lines
}

/** The same in batches: a step of an asynchronous iteration costs as much as to parse a line. */
export async function* readRecordingBatches(
  { file, name = file, signal }: RecordingSource,
  onWarning: (warning: string) => void,
): AsyncGenerator<readonly NumberedLine[]> {
  const parser = new LineParser(name)
  const input: Readable = file === STANDARD_INPUT ? process.stdin : createReadStream(file)
  const interrupt = (): void => void input.destroy(signal?.reason as AppError)
  signal?.addEventListener('abort', interrupt)
  const packing: Packing = { isGzip: false, problem: null }
  let invalidLine: AppError | null = null
  try {
    for await (const chunk of unpacked({ input, file }, packing)) {
      if (invalidLine !== null) continue
      const lines: NumberedLine[] = []
      try {
        for (const line of parser.push(chunk)) lines.push(line)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        invalidLine = error
      }
      if (lines.length > 0) yield lines
      // Damaged gzip data may have decoded to this line: the rest shows whether it is damaged.
      if (invalidLine !== null && !packing.isGzip) throw invalidLine
    }
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(name, error)
  } finally {
    signal?.removeEventListener('abort', interrupt)
    input.destroy()
  }
  if (invalidLine !== null && packing.problem === null) throw invalidLine
  const lines = [...parser.end(packing.problem)]
  if (lines.length > 0) yield lines
  if (parser.warning !== null) onWarning(parser.warning)
}

/** Compression of a recording, as far as it was read. */
interface Packing {
  isGzip: boolean
  /** Why the gzip data ended early; null if it did not. */
  problem: string | null
}

/** Decompresses gzip data up to its break, and passes other data on. */
async function* unpacked(
  { input, file }: { input: Readable; file: string },
  packing: Packing,
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await chunks.next()
  if (first.done === true) return
  packing.isGzip = GZIP_MAGIC.every((byte, index) => first.value[index] === byte)
  async function* all(): AsyncGenerator<Buffer> {
    for (let next: IteratorResult<Buffer> = first; next.done !== true; next = await chunks.next()) {
      yield next.value
    }
  }
  if (!packing.isGzip) {
    yield* all()
    return
  }
  const gunzip = createGunzip()
  // A failure of the file itself must not look like damaged data.
  let fileError: unknown = null
  const feeding = feed(all(), gunzip).catch((error: unknown) => {
    fileError = error
    gunzip.destroy()
  })
  let unpackedBytes = 0
  try {
    for await (const chunk of gunzip) {
      unpackedBytes += (chunk as Buffer).length
      yield chunk as Buffer
    }
  } catch (error) {
    if (fileError !== null) throw fileError as Error
    packing.problem = breakOf(error)
  } finally {
    gunzip.destroy()
  }
  await feeding
  if (packing.problem === IS_DAMAGED) {
    const whole = wholeBytes(file)
    if (whole !== null) yield gunzipDamaged(whole).subarray(unpackedBytes)
  }
}

/**
 * Bytes of a damaged file, to be decompressed again: the stream has dropped what it had decompressed
 * last, some kilobytes. null for a file that is too large for that, and for the standard input.
 */
function wholeBytes(file: string): Buffer | null {
  const isSmall = file !== STANDARD_INPUT && statSync(file).size <= MAX_DAMAGED_BYTES
  return isSmall ? readFileSync(file) : null
}

async function feed(chunks: AsyncIterable<Buffer>, gunzip: ReturnType<typeof createGunzip>) {
  for await (const chunk of chunks) {
    if (gunzip.destroyed) return
    if (!gunzip.write(chunk)) {
      await new Promise<void>((resolve) => {
        const proceed = (): void => {
          gunzip.off('drain', proceed).off('close', proceed)
          resolve()
        }
        gunzip.on('drain', proceed).on('close', proceed)
      })
    }
  }
  if (!gunzip.destroyed) gunzip.end()
}

/**
 * Reads a whole recording at once, with the same tolerance.
 * @throws AppError `ERR_USAGE` if it cannot be read, or naming an invalid line
 */
export function readWholeRecording({ file, name = file }: RecordingSource): {
  lines: NumberedLine[]
  warning: string | null
} {
  let bytes: Buffer
  let problem: string | null = null
  try {
    bytes = readFileSync(file === STANDARD_INPUT ? 0 : file)
    if (GZIP_MAGIC.every((byte, index) => bytes[index] === byte)) {
      const unzipped = gunzipWhole(bytes)
      bytes = unzipped.bytes
      problem = unzipped.problem
    }
  } catch (error) {
    throw unreadable(name, error)
  }
  const parser = new LineParser(name)
  const lines: NumberedLine[] = []
  try {
    for (const line of parser.push(bytes)) lines.push(line)
  } catch (error) {
    if (problem === null) throw error
  }
  lines.push(...parser.end(problem))
  return { lines, warning: parser.warning }
}

function gunzipWhole(bytes: Buffer): { bytes: Buffer; problem: string | null } {
  try {
    return { bytes: gunzipSync(bytes), problem: null }
  } catch (error) {
    const problem = breakOf(error)
    if (problem === ENDS_EARLY) return { bytes: gunzipCut(bytes), problem }
    return { bytes: gunzipDamaged(bytes), problem }
  }
}

/** Returns what is there instead of an error where the data ends early. */
function gunzipCut(bytes: Buffer): Buffer {
  return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
}

/** Decompresses up to the damage: the longest part without it, found by halving. */
function gunzipDamaged(bytes: Buffer): Buffer {
  let undamaged: Buffer = Buffer.alloc(0)
  let sound = 0
  let damaged = bytes.length
  while (damaged - sound > 1) {
    const length = Math.floor((sound + damaged) / 2)
    try {
      undamaged = gunzipCut(bytes.subarray(0, length))
      sound = length
    } catch {
      damaged = length
    }
  }
  return undamaged
}

function breakOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'Z_BUF_ERROR' ? ENDS_EARLY : IS_DAMAGED
}

function unreadable(name: string, cause: unknown): AppError {
  const text = `${name}: cannot be read: ${messageOf(cause)}`
  return new AppError('ERR_USAGE', text, { cause, context: { problems: [text] } })
}
