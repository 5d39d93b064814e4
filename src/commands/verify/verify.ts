import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import process from 'node:process'
import type { Call } from '../../deribit/capture/capture.ts'
import type { Environment } from '../../config/environment.ts'
import { AppError, messageOf } from '../../errors.ts'
import { readRecordingLines } from '../../recording/reader.ts'
import { RecordingWriter } from '../../recording/writer.ts'
import { readVersion } from '../../runtime.ts'
import { readOptions, readWhole, throwProblems, readInstruments } from '../options.ts'
import { captureFor, createCapture, nothingReceived } from '../record.ts'
import { countOutcomes, reportText, type VerifyReport } from './report.ts'
import { Verifier } from './verifier.ts'

const USAGE = `Usage: orderbook-exporter verify [FILE] [options]

Checks the exchange, or the recording FILE (- for the standard input), against everything that this
program assumes about it. Prints what was seen how often, what was not seen, and what contradicts the
assumptions. The report can be attached to a bug report: it holds no credentials and no host names.
Reads DERIBIT_URL, INSTRUMENTS, HTTPS_PROXY and NO_PROXY from the environment. Never logs in.

  --seconds N          how long to check the exchange, 1 to 604800 (default 60)
  --instruments LIST   names and selectors such as future:BTC (default: INSTRUMENTS)
  --json FILE          write the report as JSON too; - prints it instead of the text
  --record FILE        keep what the exchange sent as a recording, which gives the same report
  --help               print this help

Exit codes: 0 nothing contradicts the assumptions, 1 something does, 2 unusable recording or usage.
`

const OPTIONS = {
  seconds: { type: 'string' },
  instruments: { type: 'string' },
  json: { type: 'string' },
  record: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const SECONDS = { min: 1, max: 604_800, standard: 60 }
const STANDARD_OUTPUT = '-'

/**
 * Runs the command. Sets exit code 1 if a check is contradicted.
 * @throws AppError `ERR_USAGE`, `ERR_OUTPUT`, or `ERR_FEED_CONNECTION` if the exchange sent nothing
 */
export async function runVerify(args: readonly string[], environment: Environment): Promise<void> {
  const { values, positionals } = readOptions(args, OPTIONS, { allowPositionals: true })
  if (values.help === true) {
    process.stdout.write(USAGE)
    return
  }
  const problems: string[] = []
  const seconds = readWhole('seconds', values.seconds, SECONDS, problems)
  const instruments = readInstruments(values.instruments, [], problems)
  const [file, ...others] = positionals
  if (others.length > 0) problems.push(`expected one recording, got ${positionals.length}`)
  if (values.record !== undefined && file !== undefined) {
    problems.push('--record is for the exchange, not for a recording')
  }
  if (values.record === '' || values.record === STANDARD_OUTPUT) {
    problems.push('--record needs a file')
  }
  throwProblems(problems)
  const report =
    file === undefined
      ? await verifyExchange(instruments, seconds, { environment, record: values.record })
      : await verifyRecording(file)
  await write(report, values.json)
  if (report.counts.contradicted > 0) process.exitCode = 1
}

/**
 * Checks a recording.
 * @throws AppError `ERR_USAGE` if it cannot be read or holds no frame
 */
export async function verifyRecording(file: string): Promise<VerifyReport> {
  const verifier = new Verifier()
  let warning: string | null = null
  // Only the name: the path may hold the name of a user.
  const name = basename(file)
  const lines = readRecordingLines({ file, name }, (found) => {
    warning = found
  })
  for await (const line of lines) verifier.add(line, line.line)
  return reportOf(verifier, { source: 'recording', warning })
}

async function verifyExchange(
  instruments: readonly string[],
  seconds: number,
  { environment, record }: { environment: Environment; record: string | undefined },
): Promise<VerifyReport> {
  const verifier = new Verifier()
  let lines = 0
  const writer = record === undefined ? null : new RecordingWriter(record, () => capture.stop())
  const capture = createCapture({ instruments }, environment, {
    onLine: (line) => {
      lines += 1
      writer?.write(line)
      verifier.add(line, lines)
    },
    sendRequests: probe,
  })
  await captureFor(capture, seconds, () => 'checking')
  await writer?.end()
  if (lines === 0) throw nothingReceived(capture)
  return reportOf(verifier, { source: 'exchange', warning: null })
}

function reportOf(
  verifier: Verifier,
  { source, warning }: Pick<VerifyReport, 'source' | 'warning'>,
): VerifyReport {
  const checks = verifier.end()
  const summary = verifier.summary()
  if (source === 'recording' && summary.frames === 0) {
    const problem = `the recording holds no frame${warning === null ? '' : ` (${warning})`}`
    throw new AppError('ERR_USAGE', problem)
  }
  return {
    version: readVersion(),
    source,
    warning,
    summary,
    counts: countOutcomes(checks),
    checks,
  }
}

async function write(report: VerifyReport, json: string | undefined): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`
  process.stdout.write(json === STANDARD_OUTPUT ? text : reportText(report))
  if (json === undefined || json === STANDARD_OUTPUT) return
  try {
    await writeFile(json, text)
  } catch (error) {
    throw new AppError('ERR_OUTPUT', `${json}: cannot be written: ${messageOf(error)}`)
  }
}

/** Requests whose answers are documented as errors, or as lists without the channel. */
const UNKNOWN_INSTRUMENT = 'NO-SUCH-INSTRUMENT'

/**
 * Makes the calls of a live check that a capture alone does not make: every method that the service
 * may use, and bad requests whose answers are part of the protocol. Changes nothing on the exchange.
 */
export async function probe(call: Call, channels: readonly string[]): Promise<void> {
  const book = channels.find((channel) => /^book\.[^.]+\.100ms$/.test(channel))
  const instrument = book?.split('.')[1]
  await call('public/test', {})
  await call('public/get_time', {})
  await call('public/status', {})
  if (instrument !== undefined) {
    await call('public/ticker', { instrument_name: instrument })
    await call('public/get_order_book', { instrument_name: instrument, depth: 10 })
  }
  await call('public/get_instrument', { instrument_name: UNKNOWN_INSTRUMENT })
  await call('public/no_such_method', {})
  await call('public/test', { expected_result: 'exception' })
  await call('public/set_heartbeat', { interval: 5 })
  await call('public/subscribe', { channels: [`book.${UNKNOWN_INSTRUMENT}.100ms`] })
  if (book === undefined || instrument === undefined) return
  // Twice: the second time must bring no snapshot.
  await call('public/subscribe', { channels: [book] })
  await call('public/subscribe', { channels: [`book.${instrument}.raw`] })
  // Again after the end of the subscription: must bring a snapshot.
  await call('public/unsubscribe', { channels: [book] })
  await call('public/subscribe', { channels: [book] })
}
