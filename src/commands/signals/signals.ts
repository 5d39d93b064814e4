import process from 'node:process'
import { type Config, readConfig } from '../../config/config.ts'
import type { Environment } from '../../config/environment.ts'
import { AppError } from '../../errors.ts'
import type { SignalsView } from '../../model/snapshot.ts'
import { readRecordingBatches } from '../../recording/reader.ts'
import { RecordedRecords } from '../export/recorded-records.ts'
import { readInstruments, readOptions, throwProblems } from '../options.ts'
import { consumerOptions, quietLogger, ReplayedBooks } from '../replayed-books.ts'
import { signalTable } from './table.ts'

const USAGE = `Usage: orderbook-exporter signals [options] FILE

Measures over a recording whether the imbalance of each book predicts its price, as the service does, and
prints a table as of the end of the recording. Numbers below 100 effective cases are not printed. Settings
(SIGNAL_HORIZONS_MS, SIGNAL_WINDOW_MS, IMBALANCE_DEPTHS) are read from the environment.

  FILE                 recording (.jsonl, .jsonl.gz), or - for the standard input
  --instruments LIST   comma-separated names (default: all)
  --help               print this help
`

const OPTIONS = {
  instruments: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Runs the command: prints the table to stdout.
 * @throws AppError `ERR_USAGE`, or `ERR_NO_DATA` if an instrument is not in the recording
 */
export async function runSignals(args: readonly string[], environment: Environment): Promise<void> {
  const { values, positionals } = readOptions(args, OPTIONS, { allowPositionals: true })
  if (values.help ?? false) {
    process.stdout.write(USAGE)
    return
  }
  const problems: string[] = []
  const instruments = readInstruments(values.instruments, [], problems)
  const [file = ''] = positionals
  if (positionals.length !== 1 || file === '') problems.push('expected one recording (FILE)')
  throwProblems(problems)
  const config = readConfig(environment, { isStrict: false })
  const views = await measureSignals(file, { config, instruments: new Set(instruments) })
  process.stdout.write(signalTable(views))
}

/**
 * Measures the signals of the books of a recording.
 * @returns a reading of each book at the end of the recording, by name
 * @throws AppError `ERR_USAGE` if the file is unreadable, `ERR_NO_DATA` naming what it does not contain
 */
export async function measureSignals(
  file: string,
  { config, instruments }: { config: Config; instruments: ReadonlySet<string> },
): Promise<SignalsView[]> {
  const { KAFKA_TOPIC: booksTopic, KAFKA_TRADES_TOPIC: tradesTopic, ...settings } = config.settings
  const records = new RecordedRecords({
    booksTopic,
    tradesTopic,
    checkpointMs: settings.CHECKPOINT_MS,
  })
  const books = new ReplayedBooks(
    {
      ...consumerOptions(config),
      imbalanceDepths: config.imbalanceDepths,
      bandsBps: [],
      windowsMs: [],
      instruments,
      signals: { mode: 'on', axes: config.signalAxes },
    },
    quietLogger,
  )
  const warn = (warning: string) => process.stderr.write(`warning: ${warning}\n`)
  for await (const lines of readRecordingBatches({ file }, warn)) {
    for (const record of lines.flatMap((line) => records.of(line))) books.apply(record)
  }
  const { store } = books
  const found = store.instruments().map(({ instrument }) => instrument)
  const missing = [...instruments].filter((name) => !found.includes(name))
  if (missing.length > 0 || found.length === 0) {
    const what = missing.length > 0 ? `books of ${missing.join(', ')}` : 'books'
    throw new AppError('ERR_NO_DATA', `there are no ${what} in ${file}`)
  }
  return found.flatMap((name) => store.signals(name) ?? [])
}
