import { createReadStream, readFileSync } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'
import { LineParser, type NumberedLine } from './line-parser.ts'

/** Name of the standard input. */
const STANDARD_INPUT = '-'
const GZIP_MAGIC = [0x1f, 0x8b]
const ENDS_EARLY = 'the gzip data ends early'
const IS_DAMAGED = 'the gzip data is damaged'

export interface RecordingSource {
  /** Path, or `-` for the standard input. Gzip is recognised by its first bytes. */
  readonly file: string
  /** Name in errors and warnings, such as `--replay=x.jsonl`. Default: the path. */
  readonly name?: string
}

/**
 * Reads a recording line by line with bounded memory. A slightly broken one (cut last line, cut or
 * damaged gzip data) is read up to the break.
 * @param onWarning called at most once, at the end, with what is missing
 * @throws AppError `ERR_USAGE` if it cannot be read, or naming an invalid line
 */
export async function* readRecordingLines(
  { file, name = file }: RecordingSource,
  onWarning: (warning: string) => void,
): AsyncGenerator<NumberedLine> {
  const parser = new LineParser(name)
  const input: Readable = file === STANDARD_INPUT ? process.stdin : createReadStream(file)
  let problem: string | null = null
  const chunks = unpacked(input, (found) => {
    problem = found
  })
  try {
    for await (const chunk of chunks) yield* parser.push(chunk)
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(name, error)
  } finally {
    input.destroy()
  }
  yield* parser.end(problem)
  if (parser.warning !== null) onWarning(parser.warning)
}

/** Decompresses gzip data up to its break, and passes other data on. */
async function* unpacked(
  input: Readable,
  onBreak: (problem: string) => void,
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await chunks.next()
  if (first.done === true) return
  const isGzip = GZIP_MAGIC.every((byte, index) => first.value[index] === byte)
  async function* all(): AsyncGenerator<Buffer> {
    for (let next: IteratorResult<Buffer> = first; next.done !== true; next = await chunks.next()) {
      yield next.value
    }
  }
  if (!isGzip) {
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
  try {
    for await (const chunk of gunzip) yield chunk as Buffer
  } catch (error) {
    if (fileError !== null) throw fileError as Error
    onBreak(breakOf(error))
  } finally {
    gunzip.destroy()
  }
  await feeding
}

async function feed(chunks: AsyncIterable<Buffer>, gunzip: ReturnType<typeof createGunzip>) {
  for await (const chunk of chunks) {
    if (gunzip.destroyed) return
    if (!gunzip.write(chunk)) {
      await new Promise<void>((resolve) => {
        gunzip.once('drain', resolve)
        gunzip.once('close', resolve)
      })
    }
  }
  if (!gunzip.destroyed) gunzip.end()
}

/**
 * Reads a whole recording at once, with the same tolerance; damaged gzip data is an error.
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
  const lines = [...parser.push(bytes), ...parser.end(problem)]
  return { lines, warning: parser.warning }
}

function gunzipWhole(bytes: Buffer): { bytes: Buffer; problem: string | null } {
  try {
    return { bytes: gunzipSync(bytes), problem: null }
  } catch (error) {
    if (breakOf(error) !== ENDS_EARLY) throw error
    // Returns what is there instead of an error.
    const finishFlush = constants.Z_SYNC_FLUSH
    return { bytes: gunzipSync(bytes, { finishFlush }), problem: ENDS_EARLY }
  }
}

function breakOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'Z_BUF_ERROR' ? ENDS_EARLY : IS_DAMAGED
}

function unreadable(name: string, cause: unknown): AppError {
  const text = `${name}: cannot be read: ${messageOf(cause)}`
  return new AppError('ERR_USAGE', text, { cause, context: { problems: [text] } })
}
