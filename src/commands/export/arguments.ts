import { isInstrumentName } from '../../model/status.ts'
import { readOptions, throwProblems } from '../options.ts'
import { type Format, FORMATS } from './table-file.ts'

export const EXPORT_USAGE = `Usage: orderbook-exporter export --format FORMAT --out FILE [options]

Writes the numbers of the books as a table: from the topics of KAFKA_BROKERS between two times, or from
a recording. The records are replayed through the books of the service, so the numbers are those that
were published live. Settings (topics, windows, depths, bands) are read from the environment; with
SIGNALS=true each row has the signals too, measured from the first record that is read.

  --format FORMAT      parquet, csv or ndjson
  --out FILE           file to write; it gets this name only when it is complete
  --from T             first time: ISO 8601, epoch ms, or -1h before now (s, m, h, d); required for topics
  --to T               end, not included, in the same forms (default: now)
  --every STEP         update = a row for each record that changed something (default),
                       or a step of a grid from 100ms to 1d, such as 1s
  --instruments LIST   comma-separated names (default: all)
  --replay FILE        export a recording (.jsonl, .jsonl.gz) instead of the topics
  --help               print this help
`

const OPTIONS = {
  format: { type: 'string' },
  out: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  every: { type: 'string' },
  instruments: { type: 'string' },
  replay: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface ExportArguments {
  readonly isHelp: boolean
  readonly format: Format
  readonly out: string
  /** Epoch ms; minus infinity without `--from`. */
  readonly fromMs: number
  /** Epoch ms; infinity for a recording without `--to`. */
  readonly toMs: number
  /** null = a row for each record that changed something. */
  readonly stepMs: number | null
  readonly instruments: ReadonlySet<string>
  readonly replay: string | null
}

const MIN_STEP_MS = 100
const DAY_MS = 86_400_000

/**
 * Reads the options of the command.
 * @param nowMs present, for relative times; epoch ms
 * @throws AppError `ERR_USAGE` with every problem
 */
export function parseExportArgs(args: readonly string[], nowMs: number): ExportArguments {
  const { values } = readOptions(args, OPTIONS)
  const problems: string[] = []
  const isHelp = values.help ?? false
  const format = FORMATS.find((known) => known === values.format)
  const replay = values.replay ?? null
  const time = (name: 'from' | 'to', standard: number): number => {
    const text = values[name]
    if (text === undefined) return standard
    const timeMs = parseTime(text, nowMs)
    if (timeMs === null) {
      problems.push(`--${name}=${text}: expected ISO 8601, epoch ms, or a time ago such as -1h`)
    }
    return timeMs ?? standard
  }
  const fromMs = time('from', Number.NEGATIVE_INFINITY)
  const toMs = time('to', replay === null ? nowMs : Number.POSITIVE_INFINITY)
  const stepMs = parseStep(values.every ?? 'update', problems)
  const names = values.instruments?.split(',').map((name) => name.trim()) ?? []
  if (!isHelp) {
    if (format === undefined) {
      problems.push(`--format=${values.format ?? ''}: expected one of ${FORMATS.join(', ')}`)
    }
    if ((values.out ?? '') === '') problems.push('--out is required (a file)')
    if (replay === null && values.from === undefined)
      problems.push('--from is required (ISO 8601, epoch ms, or a time ago such as -1h)')
    if (fromMs >= toMs) problems.push('--from must be before --to')
    for (const name of names) {
      if (!isInstrumentName(name)) {
        problems.push(`--instruments: ${JSON.stringify(name)} is not an instrument name`)
      }
    }
  }
  throwProblems(problems)
  return {
    isHelp,
    format: format ?? 'csv',
    out: values.out ?? '',
    fromMs,
    toMs,
    stepMs,
    instruments: new Set(names),
    replay,
  }
}

const AGO = /^-(\d{1,9})(s|m|h|d)$/
const DIGITS = /^\d{1,15}$/
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
}

/** A time without a zone is in UTC. */
function parseTime(text: string, nowMs: number): number | null {
  if (text === 'now') return nowMs
  const ago = AGO.exec(text)
  if (ago !== null) return nowMs - Number(ago[1]) * (UNITS_MS[ago[2] ?? ''] ?? 0)
  if (DIGITS.test(text)) return Number(text)
  const iso = ISO.exec(text)
  if (iso === null) return null
  const hasZone = iso[1] === undefined || iso[4] !== undefined
  const timeMs = Date.parse(hasZone ? text : `${text}Z`)
  return Number.isNaN(timeMs) ? null : timeMs
}

const STEP = /^(\d{1,9})(ms|s|m|h|d)$/

function parseStep(text: string, problems: string[]): number | null {
  if (text === 'update') return null
  const step = STEP.exec(text)
  const stepMs = step === null ? 0 : Number(step[1]) * (UNITS_MS[step[2] ?? ''] ?? 0)
  if (stepMs >= MIN_STEP_MS && stepMs <= DAY_MS) return stepMs
  problems.push(`--every=${text}: expected update, or a step from 100ms to 1d`)
  return null
}
