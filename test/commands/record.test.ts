import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runRecord } from '../../src/commands/record.ts'
import type { VerifyReport } from '../../src/commands/verify/report.ts'
import { runVerify, verifyRecording } from '../../src/commands/verify/verify.ts'
import { Capture } from '../../src/deribit/capture/capture.ts'
import { messageOf } from '../../src/errors.ts'
import { readRecordingLines } from '../../src/recording/reader.ts'
import { formatLine, type RecordedLine } from '../../src/recording/recorded-line.ts'
import { exitCodeOf } from '../../src/runtime.ts'
import { parseChannelName } from '../../src/simulator/channels/channel-name.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { systemClock } from '../../src/time/clock.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { needsRecordings, recordingPath, recordingsAvailable } from '../support/recordings.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function startSimulator(options: SimulatorOptions = {}) {
  const simulator = createSimulator({ instruments: ['BTC-PERPETUAL'], ...options })
  await simulator.start()
  registerCleanUp(() => simulator.stop())
  return simulator
}

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startProcess(process.execPath, ['src/cli.ts', ...args], {
    env: { INSTRUMENTS: 'BTC-PERPETUAL', ...env },
  })

const isNotification = (raw: string): boolean => raw.includes('"channel"')

async function linesOf(file: string): Promise<RecordedLine[]> {
  const lines: RecordedLine[] = []
  for await (const line of readRecordingLines({ file }, () => undefined)) lines.push(line)
  return lines
}

const received = (lines: readonly RecordedLine[]): string[] =>
  lines
    .filter(({ direction, raw }) => direction === 'in' && isNotification(raw))
    .map(({ raw }) => raw)

describe('record', () => {
  it('writes what verify passes and simulator --replay plays, without secrets or hosts', async () => {
    const { url } = await startSimulator({ ratePerSecond: 50 })
    const folder = temporaryFolder()
    const file = join(folder, 'market.jsonl.gz')
    const env = {
      DERIBIT_URL: url.replace('127.0.0.1', 'localhost'),
      DERIBIT_CLIENT_ID: 'simulator',
      DERIBIT_CLIENT_SECRET: 'SIM_SECRET_KEY_0001',
    }
    const program = run(['record', '--out', file, '--seconds', '600'], env)
    await eventually(() => existsSync(file) && readFileSync(file).length > 2000)
    program.kill('SIGINT')
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.stderr.at(-1)).toMatch(/^\d+ of 600 s, \d+ frames, \d+ lines, [\d.]+ MB$/)
    const text = gunzipSync(readFileSync(file)).toString()
    expect(text).not.toMatch(/localhost|127\.0\.0\.1|SIM_SECRET|simulator|public\/auth/)

    const json = join(folder, 'report.json')
    const verify = run(['verify', file, '--json', json])
    expect(await verify.exited).toEqual({ code: 0, signal: null })
    expect(verify.stdout.join('\n')).toContain(' 0 are contradicted')
    const report = JSON.parse(readFileSync(json, 'utf8')) as VerifyReport
    expect(report.counts.contradicted).toBe(0)
    expect(report.summary.frames).toBeGreaterThan(20)

    expect(await replayed(file)).toEqual(received(await linesOf(file)))
  })

  it('writes to the standard output, and verify reads the standard input', async () => {
    const { url } = await startSimulator()
    const command = '"$0" src/cli.ts record --out - --seconds 3 | "$0" src/cli.ts verify -'
    const piped = startProcess('sh', ['-c', command, process.execPath], {
      env: { DERIBIT_URL: url, INSTRUMENTS: 'BTC-PERPETUAL' },
    })
    expect(await piped.exited).toEqual({ code: 0, signal: null })
    expect(piped.stdout[0]).toMatch(/: recording against the protocol reference$/)
  }, 120_000)

  it('records the end of connections, and connects again', async () => {
    const simulator = await startSimulator()
    const lines: RecordedLine[] = []
    const capture = new Capture(
      { url: simulator.url, instruments: ['BTC-PERPETUAL'], maxInstruments: 1 },
      { clock: systemClock, onLine: (line) => lines.push(line) },
    )
    const ended = capture.run(60_000)
    const events = () => lines.filter(({ direction }) => direction === 'event')
    await eventually(() => received(lines).length > 3)
    simulator.faults.set('reset')
    await eventually(() => events().length === 3)
    capture.stop()
    await ended
    expect(events().map(({ raw }) => JSON.parse(raw) as object)).toEqual([
      { event: 'open' },
      { event: 'close', code: 1006, reason: '' },
      { event: 'open' },
      { event: 'end' },
    ])
  })

  it.each([
    [['--out', ''], 2, '--out is required'],
    [['--seconds', '0', '--out', 'x'], 2, '--seconds=0: expected a whole number from 1 to 604800'],
    [['--out', 'x', '--instruments', 'a b'], 2, '--instruments: "a b" is not an instrument name'],
    [['--out', 'x', '--channels', 'a b'], 2, '--channels: "a b" is not the name of a channel'],
    [['--in', 'x'], 2, "Unknown option '--in'"],
    [['--out', '/no/such/folder/x', '--seconds', '30'], 1, 'cannot be written: ENOENT'],
    [['--out', '/dev/full', '--seconds', '30'], 1, 'cannot be written: ENOSPC'],
  ])('with %j exits with %d and says why', async (args, code, problem) => {
    const { url } = await startSimulator()
    const error = await runRecord(args, { DERIBIT_URL: url }).catch((thrown: unknown) => thrown)
    expect(messageOf(error)).toContain(problem)
    expect(exitCodeOf(error)).toBe(code)
  })

  it('exits with 1 and the reason if the exchange cannot be reached', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`
    const args = ['--out', join(temporaryFolder(), 'none.jsonl'), '--seconds', '1']
    await expect(runRecord(args, { DERIBIT_URL: url })).rejects.toMatchObject({
      code: 'ERR_FEED_CONNECTION',
      message: 'the exchange sent nothing (last attempt: refused); check DERIBIT_URL',
    })
  })
})

describe('verify', () => {
  it('exits with 1 and shows the contradiction, without control characters', async () => {
    const file = join(temporaryFolder(), 'odd.jsonl')
    const raw = '{"jsonrpc":"2.0","method":"subscription","\\u001b[31mred":1,"params":{}}'
    writeFileSync(file, formatLine({ receivedUs: 1, direction: 'in', raw }))
    const program = run(['verify', file])
    expect(await program.exited).toEqual({ code: 1, signal: null })
    const text = program.stdout.join('\n')
    expect(text).toContain('CONTRADICTED envelope.fields (section 2), 1 of 1')
    expect(text).toContain('unknown field ?[31mred')
    expect(text).toContain('first in line 1: {"jsonrpc"')
  })

  it.each([
    [['/no/such.jsonl'], 'such.jsonl: cannot be read: ENOENT'],
    [['a', 'b'], 'expected one recording, got 2'],
    [['/dev/null'], 'the recording holds no frame'],
  ])('with %j exits with 2 and says why', async (args, problem) => {
    const error = await runVerify(args, {}).catch((thrown: unknown) => thrown)
    expect(messageOf(error)).toContain(problem)
    expect(exitCodeOf(error)).toBe(2)
  })
})

/** Plays a recording with its own times to a capture of all its channels. */
async function replayed(file: string): Promise<string[]> {
  return received(await recordReplay(file))
}

async function recordReplay(file: string): Promise<RecordedLine[]> {
  const original = await linesOf(file)
  const channels = [...new Set(received(original).map(channelOf))].filter(isServed)
  const expected = received(original).filter((raw) => isServed(channelOf(raw))).length
  const simulator = await startSimulator({
    replay: { file, speed: 0, keepsTime: true },
    isRawOpen: true,
  })
  const lines: RecordedLine[] = []
  const capture = new Capture(
    { url: simulator.url, instruments: [], channels, maxInstruments: 1 },
    { clock: systemClock, onLine: (line) => lines.push(line) },
  )
  const ended = capture.run(60_000)
  await eventually(() => received(lines).length >= expected)
  capture.stop()
  await ended
  return lines
}

function channelOf(raw: string): string {
  return /"channel":"([^"]+)"/.exec(raw)?.[1] ?? ''
}

/** The simulator does not know candles and implied volatilities. */
function isServed(channel: string): boolean {
  return parseChannelName(channel) !== null
}

/** Checks that recordings contradict, because of what their sources omitted or mixed. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'btc-perpetual-raw-2019-04-01.jsonl.gz': ['parser.accepts', 'trades.fields'],
  'btc-perpetual-raw-2020-06-22-testnet.jsonl': ['book.sequence'],
  'single-frames-2019-2024.jsonl': ['book.sequence', 'trades.sequence'],
}
const FILES = recordingsAvailable
  ? readdirSync(recordingPath('.')).filter((name) => /\.jsonl(\.gz)?$/.test(name))
  : ['every recording']

describe('a recording of the exchange', needsRecordings(), () => {
  it.each(FILES)('%s survives replay, record, verify and replay again', async (name) => {
    const file = recordingPath(name)
    const original = received(await linesOf(file)).filter((raw) => isServed(channelOf(raw)))
    const lines = await recordReplay(file)
    expect(received(lines)).toEqual(original)

    const again = join(temporaryFolder(), 'again.jsonl')
    writeFileSync(again, lines.map(formatLine).join(''))
    expect(await replayed(again)).toEqual(original)

    const { checks } = await verifyRecording(file)
    const contradicted = checks.filter(({ outcome }) => outcome === 'contradicted')
    expect(contradicted.map(({ id }) => id)).toEqual(KNOWN[name] ?? [])
  })
})
