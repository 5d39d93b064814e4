import { statSync } from 'node:fs'
import process from 'node:process'
import { kafkaConnectionOf } from '../../app/topics.ts'
import { type Config, readConfig } from '../../config/config.ts'
import type { Environment } from '../../config/environment.ts'
import { AppError } from '../../errors.ts'
import type { SignalAxes } from '../../model/signals.ts'
import type { TopicRecord } from '../../model/topic.ts'
import { readRecordingBatches, type RecordingSource } from '../../recording/reader.ts'
import { onStopSignal } from '../../runtime.ts'
import { systemClock } from '../../time/clock.ts'
import { RangeReader } from '../../topic/kafka/range-reader.ts'
import { Progress } from '../progress.ts'
import { consumerOptions, quietLogger } from '../replayed-books.ts'
import { EXPORT_USAGE, type ExportArguments, parseExportArgs } from './arguments.ts'
import { columnsOf } from './columns.ts'
import { MarketReplay, type MarketReplayOptions } from './market-replay.ts'
import { RecordedRecords } from './recorded-records.ts'
import { TableFile } from './table-file.ts'

/** Records in chunks, and how far the reading is. */
interface Source {
  chunks: AsyncIterable<readonly TopicRecord[]>
  /** Share of the records that were read, 0 to 1; null if unknown. */
  share: () => number | null
}

/**
 * Runs the command.
 * @throws AppError `ERR_USAGE`, `ERR_OUTPUT`, `ERR_TOPIC_CONNECTION`, `ERR_TOPIC_MISSING`, or
 *   `ERR_NO_DATA` if the range holds no row; no file is left behind then
 */
export async function runExport(args: readonly string[], environment: Environment): Promise<void> {
  const wanted = parseExportArgs(args, Date.now())
  if (wanted.isHelp) {
    process.stdout.write(EXPORT_USAGE)
    return
  }
  if (wanted.replay !== null && isSameFile(wanted.replay, wanted.out)) {
    throw usageError(`--out=${wanted.out} is the recording itself`)
  }
  const config = readConfig(environment, { isStrict: false })
  const interruption = new AbortController()
  const ignoreSignals = onStopSignal(() => {
    interruption.abort(new AppError('ERR_INTERRUPTED', 'interrupted, no file was written'))
  })
  try {
    await exportTable(wanted, config, interruption.signal)
  } finally {
    ignoreSignals()
  }
}

async function exportTable(
  wanted: ExportArguments,
  config: Config,
  signal: AbortSignal,
): Promise<void> {
  const source = await openSource(wanted, config, {
    signal,
    onWarning: (warning) => process.stderr.write(`warning: ${warning}\n`),
  })
  signal.throwIfAborted()
  const { imbalanceDepths, bandsBps, windowsMs } = config
  const columns = columnsOf({ imbalanceDepths, bandsBps, windowsMs }, signalAxesOf(config))
  const table = new TableFile(wanted.out, wanted.format, columns)
  let records = 0
  const startedMs = performance.now()
  const text = (): string => progressText({ records, rows: table.rows, startedMs, source })
  const progress = new Progress(process.stderr, text)
  try {
    const replay = new MarketReplay(
      replayOptions(wanted, config),
      (row) => table.add(row),
      quietLogger,
    )
    for await (const chunk of source.chunks) {
      for (const record of chunk) {
        records += 1
        replay.apply(record)
      }
      signal.throwIfAborted()
    }
    if (Number.isFinite(wanted.toMs)) replay.end()
    assertRows(wanted, replay.exported, records)
    table.finish()
    progress.end(`${text()}, written to ${wanted.out}`)
  } catch (error) {
    table.discard()
    progress.end(text())
    throw error
  }
}

/** With `auto` there are none: the columns are written before the number of books is known. */
function signalAxesOf({ settings, signalAxes }: Config): SignalAxes | null {
  return settings.SIGNALS === 'true' ? signalAxes : null
}

function replayOptions(wanted: ExportArguments, config: Config): MarketReplayOptions {
  const { imbalanceDepths, bandsBps, windowsMs } = config
  const axes = signalAxesOf(config)
  return {
    ...(axes === null ? {} : { signals: { mode: 'on', axes } }),
    ...consumerOptions(config),
    imbalanceDepths,
    bandsBps,
    windowsMs,
    instruments: wanted.instruments,
    fromMs: wanted.fromMs,
    toMs: wanted.toMs,
    stepMs: wanted.stepMs,
  }
}

async function openSource(
  wanted: ExportArguments,
  config: Config,
  { signal, onWarning }: { signal: AbortSignal; onWarning: (warning: string) => void },
): Promise<Source> {
  const { settings } = config
  const { KAFKA_TOPIC: booksTopic, KAFKA_TRADES_TOPIC: tradesTopic } = settings
  if (wanted.replay !== null) {
    const file = { file: wanted.replay, name: `--replay=${wanted.replay}`, signal }
    const options = { booksTopic, tradesTopic, checkpointMs: settings.CHECKPOINT_MS }
    return { chunks: recordedChunks(file, options, onWarning), share: () => null }
  }
  const connection = kafkaConnectionOf(config)
  if (connection === null) {
    throw usageError('KAFKA_BROKERS is required for an export (or --replay FILE)')
  }
  const reader = new RangeReader(connection, { clock: systemClock, logger: quietLogger })
  // At the first row the books have had a snapshot and then the longest window, also of trades.
  const warmupMs = Math.max(settings.WARMUP_MS, config.wholeWindowsMs)
  const range = { fromMs: wanted.fromMs - warmupMs, toMs: wanted.toMs }
  signal.addEventListener('abort', () => reader.stop(signal.reason as AppError))
  if (!(await reader.add(booksTopic, range))) {
    throw new AppError('ERR_TOPIC_MISSING', `topic ${booksTopic} does not exist (KAFKA_TOPIC)`)
  }
  if (settings.TRADES && !(await reader.add(tradesTopic, range))) {
    onWarning(`topic ${tradesTopic} does not exist, the table has no trades`)
  }
  const { progress } = reader
  return {
    chunks: reader.read(),
    share: () => (progress.total === 0 ? null : reader.progress.records / reader.progress.total),
  }
}

async function* recordedChunks(
  file: RecordingSource,
  options: ConstructorParameters<typeof RecordedRecords>[0],
  onWarning: (warning: string) => void,
): AsyncGenerator<readonly TopicRecord[]> {
  const records = new RecordedRecords(options)
  for await (const lines of readRecordingBatches(file, onWarning)) {
    yield lines.flatMap((line) => records.of(line))
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }))
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}

/** @throws AppError `ERR_NO_DATA` naming what has no rows */
function assertRows(
  { instruments, fromMs, toMs }: ExportArguments,
  exported: ReadonlySet<string>,
  records: number,
): void {
  const missing = [...instruments].filter((name) => !exported.has(name))
  const range = `between ${timeText(fromMs)} and ${timeText(toMs)}`
  if (records === 0) throw new AppError('ERR_NO_DATA', `there are no records ${range}`)
  if (missing.length > 0) {
    throw new AppError('ERR_NO_DATA', `there are no books of ${missing.join(', ')} ${range}`)
  }
  if (exported.size === 0) throw new AppError('ERR_NO_DATA', `there are no books ${range}`)
}

function timeText(timeMs: number): string {
  if (!Number.isFinite(timeMs)) return timeMs < 0 ? 'the start' : 'the end'
  return new Date(timeMs).toISOString()
}

function progressText(reading: {
  records: number
  rows: number
  startedMs: number
  source: Source
}): string {
  const { records, rows, startedMs, source } = reading
  const seconds = (performance.now() - startedMs) / 1000
  const rate = seconds > 0 ? Math.round(records / seconds) : 0
  const share = source.share()
  const left = share === null || share === 0 ? null : Math.round((seconds * (1 - share)) / share)
  const percent = share === null ? '' : `, ${Math.min(100, Math.round(share * 100))} %`
  return `${records} records, ${rows} rows, ${rate} records/s${percent}${left === null ? '' : `, ${left} s left`}`
}
