import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { runExport } from '../../src/commands/export/export.ts'
import { runSignals } from '../../src/commands/signals/signals.ts'
import { runVerify } from '../../src/commands/verify/verify.ts'
import { formatLine } from '../../src/recording/recorded-line.ts'
import { readRecording } from '../../src/simulator/replay/recording.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const T = Date.UTC(2026, 8, 1)
const LINES = Array.from({ length: 300 }, (_, step) => {
  const exchangeTimeMs = T + step * 100
  const bids: [number, number][] = [[100 + Math.sin(step), 1000 + Math.cos(step)]]
  const raw = groupedSnapshot({ changeId: 1000 + step, exchangeTimeMs, bids, asks: [[104, 20]] })
  return formatLine({ receivedUs: (exchangeTimeMs + 5) * 1000, direction: 'in', raw })
})
const TEXT = LINES.join('')
const GZIPPED = gzipSync(TEXT)

function damaged(): Buffer {
  const bytes = Buffer.from(GZIPPED)
  bytes.fill(0xff, GZIPPED.length - 2000, GZIPPED.length - 1900)
  return bytes
}

/** Runs a command in this process; returns what it wrote to stderr and stdout. */
async function outputOf(run: () => Promise<void>): Promise<string> {
  const texts: string[] = []
  const note = (text: unknown): boolean => texts.push(String(text)) > 0
  const spies = [
    vi.spyOn(process.stderr, 'write').mockImplementation(note),
    vi.spyOn(process.stdout, 'write').mockImplementation((text: unknown, ...rest: unknown[]) => {
      const done = rest.at(-1)
      if (typeof done === 'function') queueMicrotask(() => void Reflect.apply(done, null, []))
      return note(text)
    }),
  ]
  registerCleanUp(() => spies.forEach((spy) => spy.mockRestore()))
  await run()
  process.exitCode = 0
  for (const spy of spies) spy.mockRestore()
  return texts.join('')
}

const COMMANDS: Readonly<Record<string, (file: string) => Promise<string>>> = {
  export: async (file) => {
    const out = join(temporaryFolder(), 'table')
    const text = await outputOf(() =>
      runExport(['--replay', file, '--format', 'csv', '--out', out], {}),
    )
    expect(readFileSync(out, 'utf8').split('\n').length).toBeGreaterThan(50)
    return text
  },
  signals: (file) => outputOf(() => runSignals([file], {})),
  verify: (file) => outputOf(() => runVerify([file], {})),
  'simulator --replay': (file) => {
    const { frames, warning } = readRecording(file)
    expect(frames.length).toBeGreaterThan(50)
    return Promise.resolve(warning === null ? '' : `warning: ${warning}`)
  },
}

describe.each(Object.entries(COMMANDS))('a recording given to %s', (_command, run) => {
  const fileOf = (bytes: string | Buffer): string => {
    const file = join(temporaryFolder(), 'recording')
    writeFileSync(file, bytes)
    return file
  }

  it.each([
    ['a byte order mark', `\uFEFF${TEXT}`],
    ['CRLF line ends', TEXT.replaceAll('\n', '\r\n')],
    ['empty lines', TEXT.replaceAll('\n', '\n\n')],
    ['gzip data', GZIPPED],
  ])('may have %s', async (_what, bytes) => {
    expect(await run(fileOf(bytes))).not.toMatch(/cut off|early|damaged/)
  })

  it.each([
    [
      'a last line that is cut off',
      TEXT.slice(0, -20),
      /line 300 is cut off, using the 299 lines/g,
    ],
    [
      'gzip data that ends early',
      GZIPPED.subarray(0, -2000),
      /gzip data ends early, using the \d+/g,
    ],
    ['damaged gzip data', damaged(), /gzip data is damaged, using the \d+ lines/g],
  ])('with %s is used up to there, with one warning', async (_what, bytes, warning) => {
    expect((await run(fileOf(bytes))).match(warning)).toHaveLength(1)
  })
})
