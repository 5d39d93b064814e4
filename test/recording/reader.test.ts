import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readRecordingLines, readWholeRecording } from '../../src/recording/reader.ts'
import { formatLine, type RecordedLine } from '../../src/recording/recorded-line.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Texts that are hard to carry: quotes, other alphabets, line ends inside, not JSON at all. */
const RAWS = ['{"a":"é €"}', '{"b":1.8e4}', 'not json \n\r\u2028', '']
const LINES: readonly RecordedLine[] = RAWS.map((raw, index) => ({
  receivedUs: index === 2 ? null : 1_790_000_000_000_001 + index,
  direction: index === 1 ? 'out' : 'in',
  raw,
}))
const TEXT = LINES.map(formatLine).join('')

interface Read {
  readonly raws: readonly string[]
  readonly warning: string | null
}

function fileOf(bytes: string | Buffer, name = 'recording.jsonl'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, bytes)
  return file
}

async function readStream(file: string): Promise<Read> {
  const raws: string[] = []
  const warnings: string[] = []
  const lines = readRecordingLines({ file, name: 'it' }, (warning) => warnings.push(warning))
  for await (const { raw } of lines) raws.push(raw)
  expect(warnings.length).toBeLessThan(2)
  return { raws, warning: warnings[0] ?? null }
}

function readWhole(file: string): Read {
  const { lines, warning } = readWholeRecording({ file, name: 'it' })
  return { raws: lines.map(({ raw }) => raw), warning }
}

const WAYS = [
  ['line by line', readStream],
  ['at once', (file: string) => Promise.resolve().then(() => readWhole(file))],
] as const

/** A recording that compresses badly, so that a cut takes lines away. */
const LONG = Array.from({ length: 500 }, (_, index) =>
  formatLine({ receivedUs: index, direction: 'in', raw: String(Math.sin(index + 1)) }),
)
const gzipped = gzipSync(LONG.join(''))

describe.each(WAYS)('a recording read %s', (_way, read) => {
  it('keeps every line as it was written', async () => {
    expect(await read(fileOf(TEXT))).toEqual({ raws: RAWS, warning: null })
    expect(await read(fileOf(gzipSync(TEXT), 'x.gz'))).toEqual({ raws: RAWS, warning: null })
  })

  it.each([
    ['a byte order mark', `\uFEFF${TEXT}`],
    ['CRLF line ends', TEXT.replaceAll('\n', '\r\n')],
    ['empty lines', `\n${TEXT.replaceAll('\n', '\n\n  \n')}`],
    ['no line end after the last line', TEXT.trimEnd()],
  ])('ignores %s', async (_what, text) => {
    expect(await read(fileOf(text))).toEqual({ raws: RAWS, warning: null })
  })

  it('recognises gzip data whatever its name is', async () => {
    expect((await read(fileOf(gzipSync(TEXT), 'x.jsonl'))).raws).toEqual(RAWS)
    expect((await read(fileOf(TEXT, 'x.jsonl.gz'))).raws).toEqual(RAWS)
  })

  it.each([
    ['cut in the middle', TEXT.slice(0, -20)],
    ['cut inside a character', Buffer.from(TEXT).subarray(0, Buffer.from(TEXT).indexOf('€') + 1)],
    ['followed by zeros of a crash', TEXT + '\0'.repeat(100)],
  ])('stops before a last line that is %s, with one warning', async (_how, bytes) => {
    const { raws, warning } = await read(fileOf(bytes))
    expect(RAWS.slice(0, raws.length)).toEqual(raws)
    const cutAt = raws.length + 1
    expect(warning).toBe(`it: line ${cutAt} is cut off, using the ${raws.length} lines before it`)
  })

  it.each([10, 1000, gzipped.length - 9, gzipped.length - 1])(
    'uses what is there of gzip data that ends after %d bytes',
    async (bytes) => {
      const { raws, warning } = await read(fileOf(gzipped.subarray(0, bytes), 'x.gz'))
      expect(warning).toBe(
        `it: the gzip data ends early, using the ${raws.length} lines before that`,
      )
      expect(raws).toEqual(LONG.slice(0, raws.length).map(rawOf))
      if (bytes > 1000) expect(raws.length).toBeGreaterThan(LONG.length - 30)
    },
  )

  it.each([100, 1000, 3000, gzipped.length - 300])(
    'uses what comes before a damage of gzip data after %d bytes',
    async (position) => {
      const damaged = Buffer.from(gzipped)
      damaged.fill(0xff, position, position + 100)
      const { raws, warning } = await read(fileOf(damaged, 'x.gz'))
      expect(warning).toBe(
        `it: the gzip data is damaged, using the ${raws.length} lines before that`,
      )
      // The first bytes describe the code, the others hold a line each 13 of them.
      const least = Math.max(0, Math.floor((position - 300) / 15))
      expect(raws.length).toBeGreaterThanOrEqual(least)
      expect(raws.length).toBeLessThan(LONG.length)
      // Data that does not compress: the lines before the damage are whole.
      const whole = LONG.slice(0, least).map(rawOf)
      expect(raws.slice(0, whole.length)).toEqual(whole)
    },
  )

  it('warns of gzip data whose checksum is wrong', async () => {
    const damaged = Buffer.from(gzipped)
    damaged.writeUInt32LE(1, gzipped.length - 8)
    const { raws, warning } = await read(fileOf(damaged, 'x.gz'))
    expect(raws).toEqual(LONG.map(rawOf))
    expect(warning).toBe('it: the gzip data is damaged, using the 500 lines before that')
  })

  it('rejects an invalid line of sound gzip data', async () => {
    const file = fileOf(gzipSync(`${LONG[0]}hello\n${LONG.join('')}`), 'x.gz')
    await expect(read(file)).rejects.toThrow(/^it: line 2: /)
  })

  it.each([
    ['not JSON', 'hello', /^it: line 2: /],
    ['not of the format', '{"raw":7}', /^it: line 2: expected \{"recv_us": number\|null/],
    ['of an unknown direction', '{"raw":"","dir":"up"}', /^it: line 2: expected/],
    ['null', 'null', /^it: line 2: expected/],
  ])('rejects a whole line that is %s', async (_what, line, problem) => {
    const file = fileOf(`${formatLine(LINES[0] as RecordedLine)}${line}\n${TEXT}`)
    await expect(read(file)).rejects.toThrow(problem)
    await expect(read(file)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('reports a file that cannot be read', async () => {
    await expect(read('/no/such/file')).rejects.toThrow(/^it: cannot be read: ENOENT/)
    await expect(read(temporaryFolder())).rejects.toThrow(/^it: cannot be read: EISDIR/)
  })

  it('reads an empty file as no line', async () => {
    expect(await read(fileOf(''))).toEqual({ raws: [], warning: null })
  })
})

function rawOf(line: string): string {
  return (JSON.parse(line) as { raw: string }).raw
}

it('leaves no listener behind when a large file is decompressed more slowly than it is read', async () => {
  const warned: string[] = []
  const onWarning = (warning: Error): void => void warned.push(warning.message)
  process.on('warning', onWarning)
  registerCleanUp(() => process.off('warning', onWarning))
  const raw = randomBytes(1000).toString('base64')
  const lines = Array.from({ length: 1500 }, (_, index) =>
    formatLine({ receivedUs: index, direction: 'in', raw: `${index}${raw}` }),
  )
  // Stored without compression, so that the file has many chunks.
  const { raws } = await readStream(fileOf(gzipSync(lines.join(''), { level: 0 })))
  expect(raws).toHaveLength(lines.length)
  expect(warned).toEqual([])
})
