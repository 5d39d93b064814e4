import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createSecureContext } from 'node:tls'
import { parseArgs } from 'node:util'
import { AppError, messageOf } from '../errors.ts'
import { onStopSignal } from '../runtime.ts'
import { MAX_INSTRUMENTS } from './market/universe.ts'
import type { SimulatorOptions, TlsIdentity } from './options.ts'
import { createSimulator } from './simulator.ts'

export const SIMULATOR_USAGE = `Usage: orderbook-exporter simulator [options]

Runs a simulated Deribit exchange: JSON-RPC over WebSocket and HTTP with random order books or a
recording.

  --host ADDRESS         listen address (default 127.0.0.1)
  --port N               port; 0 picks a free one (default 8090)
  --tls-cert FILE        certificate (PEM) for wss:// and https://; requires --tls-key
  --tls-key FILE         key of the certificate (PEM)
  --instruments LIST     comma-separated names, or a count of the built-in list (default 16)
  --rate N               book changes per second over all instruments (default 2 per instrument)
  --seed N               the same seed gives the same books (default 1)
  --frame-bytes N        pad snapshots to about this size (default 0: no padding)
  --signal-strength N   probability, 0 to 1, that the next move of the mid-price follows the
                         imbalance; 0.5 is no signal (default: realistic books)
  --history-ms N         how long best levels are kept for GET /truth/{instrument}
                         (default 10000)
  --scenario LIST        faults active from the start: name[=value][@INSTRUMENT+INSTRUMENT],...
  --control-port N       port of the HTTP control server; 0 picks a free one
  --id NAME              first segment of the paths of the control server (default: random)
  --replay FILE          serve a recording (.jsonl, .jsonl.gz) instead of random books; its
                         timestamps are shifted to the present
  --replay-speed N       1 as recorded, 2 twice as fast, 0 as fast as possible (default 1)
  --replay-loop          restart at the end, with later times and higher ids
  --replay-original-time keep the recorded timestamps
  --raw-without-login    allow subscriptions of raw channels without a login
  --testnet              set the field "testnet" of every answer to true
  --help                 print this help
`

export interface SimulatorCommand {
  readonly isHelp: boolean
  readonly options: SimulatorOptions
}

const DEFAULT_PORT = 8090
const HOST = /^[A-Za-z0-9_.:-]+$/
const ID = /^[\w-]{1,64}$/

const OPTIONS = {
  host: { type: 'string' },
  port: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  instruments: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  'frame-bytes': { type: 'string' },
  'signal-strength': { type: 'string' },
  'history-ms': { type: 'string' },
  scenario: { type: 'string' },
  'control-port': { type: 'string' },
  id: { type: 'string' },
  replay: { type: 'string' },
  'replay-speed': { type: 'string' },
  'replay-loop': { type: 'boolean' },
  'replay-original-time': { type: 'boolean' },
  'raw-without-login': { type: 'boolean' },
  testnet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Reads the options of the simulator's command line.
 * @throws AppError `ERR_USAGE` with every problem: the option, its value and the expected value
 */
export function parseSimulatorArgs(args: readonly string[]): SimulatorCommand {
  const values = readOptions(args)
  const problems: string[] = []
  const number = (name: NumberOption, range: Range): number | undefined => {
    const text = values[name]
    if (text === undefined) return undefined
    const value = Number(text)
    const isWhole = range.isFraction === true || Number.isInteger(value)
    if (text.trim() !== '' && isWhole && value >= range.min && value <= range.max) return value
    const what = range.isFraction === true ? 'a number' : 'a whole number'
    problems.push(`--${name}=${text}: expected ${what} from ${range.min} to ${range.max}`)
    return undefined
  }
  const port = number('port', { min: 0, max: 65_535 })
  const controlPort = number('control-port', { min: 0, max: 65_535 })
  const rate = number('rate', { min: 0, max: 1_000_000, isFraction: true })
  const seed = number('seed', { min: 0, max: 4_294_967_295 })
  const frameBytes = number('frame-bytes', { min: 0, max: 100_000 })
  const historyMs = number('history-ms', { min: 0, max: 600_000 })
  const signalStrength = number('signal-strength', { min: 0, max: 1, isFraction: true })
  const speed = number('replay-speed', { min: 0, max: 10_000, isFraction: true })
  const { host, id } = values
  if (host !== undefined && !HOST.test(host)) {
    problems.push(`--host=${host}: expected a host name or an IP address`)
  }
  if (id !== undefined && !ID.test(id)) {
    problems.push(`--id=${id}: expected 1 to 64 letters, digits, "-" and "_"`)
  }
  const tls = readTls(values['tls-cert'], values['tls-key'], problems)
  const instruments = readInstruments(values.instruments, problems)
  if (signalStrength !== undefined && values.replay !== undefined) {
    problems.push('--signal-strength: cannot be used with --replay')
  }
  for (const name of ['replay-speed', 'replay-loop', 'replay-original-time'] as const) {
    if (values[name] !== undefined && values.replay === undefined) {
      problems.push(`--${name}: requires --replay`)
    }
  }
  if (problems.length > 0) throw usageError(problems)
  return {
    isHelp: values.help ?? false,
    options: {
      ...(host === undefined ? {} : { host }),
      port: port ?? DEFAULT_PORT,
      isRawOpen: values['raw-without-login'] ?? false,
      isTestnet: values.testnet ?? false,
      ...(controlPort === undefined ? {} : { controlPort }),
      ...(id === undefined ? {} : { id }),
      ...(tls === undefined ? {} : { tls }),
      ...(rate === undefined ? {} : { ratePerSecond: rate }),
      ...(seed === undefined ? {} : { seed }),
      ...(frameBytes === undefined ? {} : { frameBytes }),
      ...(signalStrength === undefined ? {} : { signalStrength }),
      ...(historyMs === undefined ? {} : { historyMs }),
      ...(instruments === undefined ? {} : { instruments }),
      ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
      ...(values.replay === undefined
        ? {}
        : {
            replay: {
              file: values.replay,
              speed: speed ?? 1,
              isLooped: values['replay-loop'] ?? false,
              keepsTime: values['replay-original-time'] ?? false,
            },
          }),
    },
  }
}

type NumberOption =
  | 'port'
  | 'control-port'
  | 'rate'
  | 'seed'
  | 'frame-bytes'
  | 'signal-strength'
  | 'history-ms'
  | 'replay-speed'

interface Range {
  min: number
  max: number
  isFraction?: boolean
}

type ParsedOptions = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

function readOptions(args: readonly string[]): ParsedOptions {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    const allowed = Object.keys(OPTIONS)
      .map((name) => `--${name}`)
      .join(', ')
    // One line for each problem: the parser may write two.
    const problem = messageOf(error).replaceAll(/\s*\n\s*/g, ' ')
    throw usageError([`${problem} (expected: ${allowed})`], error)
  }
}

function readInstruments(
  text: string | undefined,
  problems: string[],
): readonly string[] | number | undefined {
  if (text === undefined) return undefined
  const count = Number(text)
  if (!Number.isNaN(count)) {
    if (Number.isInteger(count) && count >= 1 && count <= MAX_INSTRUMENTS) return count
    problems.push(`--instruments=${text}: expected a count from 1 to ${MAX_INSTRUMENTS} or names`)
    return undefined
  }
  return text.split(',').map((name) => name.trim())
}

function readTls(
  certFile: string | undefined,
  keyFile: string | undefined,
  problems: string[],
): TlsIdentity | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    problems.push('--tls-cert and --tls-key: set both or neither')
    return undefined
  }
  const read = (option: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      problems.push(`${option}=${file}: cannot be read: ${messageOf(error)}`)
      return ''
    }
  }
  const tls = { cert: read('--tls-cert', certFile), key: read('--tls-key', keyFile) }
  if (tls.cert === '' || tls.key === '') return undefined
  try {
    createSecureContext(tls)
    return tls
  } catch (error) {
    const files = `--tls-cert=${certFile} --tls-key=${keyFile}`
    problems.push(`${files}: expected a certificate and its key in PEM (${messageOf(error)})`)
    return undefined
  }
}

function usageError(problems: readonly string[], cause?: unknown): AppError {
  return new AppError('ERR_USAGE', problems[0] ?? 'bad usage', { cause, context: { problems } })
}

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

/**
 * Runs the simulator until SIGINT or SIGTERM. Resolves after a clean stop.
 * @throws AppError `ERR_USAGE` with every problem in `context.problems`
 */
export async function runSimulator(args: readonly string[]): Promise<void> {
  const { isHelp, options } = parseSimulatorArgs(args)
  if (isHelp) {
    process.stdout.write(SIMULATOR_USAGE)
    return
  }
  const simulator = createSimulator(options)
  const warning = simulator.replay?.warning ?? null
  if (warning !== null) process.stderr.write(`warning: ${warning}\n`)
  await simulator.start()
  process.stdout.write(`${simulator.url} (${simulator.instruments.length} instruments)\n`)
  if (simulator.controlUrl !== null) process.stdout.write(`control: ${simulator.controlUrl}\n`)
  const stopped = Promise.withResolvers<undefined>()
  const ignoreSignals = onStopSignal(() => stopped.resolve(undefined))
  await stopped.promise
  await simulator.stop()
  ignoreSignals()
}

function fail(error: unknown): void {
  const isUsage = error instanceof AppError && error.code === 'ERR_USAGE'
  const problems = error instanceof AppError ? error.context['problems'] : undefined
  const lines = Array.isArray(problems) ? problems.map(String) : [messageOf(error)]
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILURE
}

if (import.meta.main) {
  try {
    await runSimulator(process.argv.slice(2))
  } catch (error) {
    fail(error)
  }
}
