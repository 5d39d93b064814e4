import process from 'node:process'
import { readConfig } from '../config/config.ts'
import type { Environment } from '../config/environment.ts'
import { Capture, type CaptureDeps } from '../deribit/capture/capture.ts'
import { AppError } from '../errors.ts'
import { RecordingWriter } from '../recording/writer.ts'
import { onStopSignal } from '../runtime.ts'
import { systemClock } from '../time/clock.ts'
import { readInstruments, readOptions, readWhole, throwProblems } from './options.ts'
import { Progress } from './progress.ts'

const USAGE = `Usage: orderbook-exporter record --out FILE [options]

Records every frame that the exchange sends about some instruments, with its time of receipt. Reads
DERIBIT_URL, INSTRUMENTS, HTTPS_PROXY and NO_PROXY from the environment. Never logs in; the file holds
no credentials and no host names.

  --out FILE           file to write; compressed if it ends in .gz; - for the standard output
  --seconds N          how long to record, 1 to 604800 (default 60); Ctrl-C ends it earlier
  --instruments LIST   names and selectors such as future:BTC (default: INSTRUMENTS)
  --channels LIST      exact names of channels instead of all channels of the instruments; raw ones
                       are refused by the exchange without a login
  --help               print this help
`

const OPTIONS = {
  out: { type: 'string' },
  seconds: { type: 'string' },
  instruments: { type: 'string' },
  channels: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const SECONDS = { min: 1, max: 604_800, standard: 60 }
/** The channels of this many instruments are within what one connection is known to carry. */
const MAX_INSTRUMENTS = 100

/**
 * Runs the command.
 * @throws AppError `ERR_USAGE`, `ERR_OUTPUT`, or `ERR_FEED_CONNECTION` if the exchange sent nothing
 */
export async function runRecord(args: readonly string[], environment: Environment): Promise<void> {
  const { values } = readOptions(args, OPTIONS)
  if (values.help === true) {
    process.stdout.write(USAGE)
    return
  }
  const problems: string[] = []
  const seconds = readWhole('seconds', values.seconds, SECONDS, problems)
  const instruments = readInstruments(values.instruments, [], problems)
  const channels = readChannels(values.channels, problems)
  if (values.out === undefined || values.out === '') problems.push('--out is required (a file)')
  throwProblems(problems)
  const out = values.out ?? ''
  const writer = new RecordingWriter(out, () => capture.stop())
  const capture = createCapture({ instruments, channels }, environment, {
    onLine: (line) => writer.write(line),
  })
  await captureFor(capture, seconds, () => `${writer.lines} lines, ${megabytes(writer.bytes)}`)
  await writer.end()
  if (capture.framesReceived === 0) throw nothingReceived(capture)
}

const CHANNEL = /^[\w.-]{1,128}$/

function readChannels(text: string | undefined, problems: string[]): readonly string[] | undefined {
  if (text === undefined) return undefined
  const channels = text.split(',').map((name) => name.trim())
  for (const name of channels) {
    if (!CHANNEL.test(name)) {
      problems.push(`--channels: ${JSON.stringify(name)} is not the name of a channel`)
    }
  }
  return channels
}

export interface WantedData {
  /** Instead of INSTRUMENTS, unless empty. */
  readonly instruments: readonly string[]
  /** Instead of all channels of the instruments. */
  readonly channels?: readonly string[] | undefined
}

/** Creates a capture from the settings. */
export function createCapture(
  { instruments, channels }: WantedData,
  environment: Environment,
  deps: Omit<CaptureDeps, 'clock'>,
): Capture {
  const { settings, proxy } = readConfig(environment, { isStrict: false })
  return new Capture(
    {
      url: settings.DERIBIT_URL,
      proxy: proxy ?? undefined,
      instruments: instruments.length > 0 ? instruments : settings.INSTRUMENTS,
      channels,
      maxInstruments: Math.min(settings.MAX_INSTRUMENTS, MAX_INSTRUMENTS),
    },
    { clock: systemClock, ...deps },
  )
}

/** Runs a capture with a progress line on stderr until its time is over or a signal comes. */
export async function captureFor(
  capture: Capture,
  seconds: number,
  detail: () => string,
): Promise<void> {
  const ignoreSignals = onStopSignal(() => capture.stop())
  const startedMs = performance.now()
  const text = (): string => {
    const passed = Math.round((performance.now() - startedMs) / 1000)
    const frames = `${capture.framesReceived} frames`
    const failure = capture.lastFailure
    const problem = capture.framesReceived === 0 && failure !== null ? `, ${failure}` : ''
    return `${passed} of ${seconds} s, ${frames}, ${detail()}${problem}`
  }
  const progress = new Progress(process.stderr, text)
  await capture.run(seconds * 1000)
  ignoreSignals()
  progress.end(text())
}

export function nothingReceived({ lastFailure }: Capture): AppError {
  const why = lastFailure === null ? '' : ` (last attempt: ${lastFailure})`
  return new AppError('ERR_FEED_CONNECTION', `the exchange sent nothing${why}; check DERIBIT_URL`)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
