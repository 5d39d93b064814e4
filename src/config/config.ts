import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'
import { writeValue } from './describe.ts'
import { type Environment, findUnknownSettings, readSettings, shownValue } from './environment.ts'
import { readTracingSettings, type TracingSettings } from './otel.ts'
import { type ProxySettings, readProxy } from './proxy.ts'
import { findConflicts, knownDepthOf } from './rules.ts'
import type { SettingName, Settings } from './settings.ts'
import { readHttpTls, readKafkaTls, type TlsFiles } from './tls.ts'

export { settingsHelp } from './describe.ts'

const NO_TLS = { tls: null, problems: [] }
const NO_PROXY = { proxy: null, problems: [] }

/** The effective configuration, frozen. Names, units and ranges are those of the settings. */
export interface Config {
  readonly settings: Readonly<Settings>
  /** Settings that the environment sets. */
  readonly explicit: ReadonlySet<SettingName>
  /** TLS files for the brokers; null without TLS. */
  readonly kafkaTls: TlsFiles | null
  /** Certificate and key of the HTTP server; null: plain HTTP. */
  readonly httpTls: { readonly cert: string; readonly key: string } | null
  /** Proxy for the exchange; null: none is set, or NO_PROXY excludes the exchange. */
  readonly proxy: ProxySettings | null
  /** The IMBALANCE_DEPTHS that the subscribed book provides, ascending. */
  readonly imbalanceDepths: readonly number[]
  /** Tracing settings from `OTEL_*`. */
  readonly tracing: TracingSettings
  /** BANDS_BPS and WINDOWS_MS, ascending. */
  readonly bandsBps: readonly number[]
  readonly windowsMs: readonly number[]
  /** How far back records must be read for a book to have been complete for its longest window, ms. */
  readonly wholeWindowsMs: number
  /** Parameters of the signals. */
  readonly signalAxes: {
    /** Depths whose imbalance is measured: 1 and the largest of IMBALANCE_DEPTHS. */
    readonly depths: readonly number[]
    /** SIGNAL_HORIZONS_MS, ascending. */
    readonly horizonsMs: readonly number[]
    /** SIGNAL_WINDOW_MS. */
    readonly windowMs: number
  }
  /** Problems that do not prevent the start, one line each; logged once at start. */
  readonly warnings: readonly string[]
}

/**
 * Reads the whole configuration from the environment.
 * @param options.isStrict treats warnings as errors, except that about IMBALANCE_DEPTHS
 * @throws AppError `ERR_CONFIG_INVALID`; `context.problems` holds one line for each problem: the name of
 * the variable, its value, and what is expected
 */
export function readConfig(environment: Environment, options: { isStrict: boolean }): Config {
  const read = readSettings(environment)
  const unknown = findUnknownSettings(environment)
  const tracing = readTracingSettings(environment)
  const problems = [...read.problems, ...unknown.problems, ...tracing.problems]
  const kafkaTls = read.settings === null ? NO_TLS : readKafkaTls(read.settings)
  const httpTls = read.settings === null ? NO_TLS : readHttpTls(read.settings)
  const proxy = read.settings === null ? NO_PROXY : readProxy(read.settings)
  if (read.settings !== null) {
    problems.push(...findConflicts(read.settings, read.unusable, proxy.proxy))
    problems.push(...kafkaTls.problems, ...httpTls.problems, ...proxy.problems)
  }
  const groups = read.settings === null ? [] : findUndocumentedGroup(read.settings)
  const warnings = [...unknown.warnings, ...tracing.warnings, ...groups]
  if (options.isStrict) problems.push(...warnings)
  if (read.settings === null || problems.length > 0) {
    throw new AppError('ERR_CONFIG_INVALID', 'invalid configuration', {
      context: { problems },
    })
  }
  const settings = Object.freeze(read.settings)
  const knownDepth = knownDepthOf(settings)
  const imbalanceDepths = settings.IMBALANCE_DEPTHS.filter((depth) => depth <= knownDepth)
  if (imbalanceDepths.length < settings.IMBALANCE_DEPTHS.length) {
    const ignored = settings.IMBALANCE_DEPTHS.filter((depth) => depth > knownDepth)
    warnings.push(
      `IMBALANCE_DEPTHS: ignoring ${ignored.join(',')}, deeper than BOOK_DEPTH=${settings.BOOK_DEPTH}`,
    )
  }
  const wholeWindowsMs = wholeWindowsOf(settings)
  return Object.freeze({
    settings,
    explicit: read.explicit,
    kafkaTls: kafkaTls.tls,
    httpTls: httpTls.tls,
    proxy: proxy.proxy,
    tracing: Object.freeze(tracing.tracing),
    imbalanceDepths: ascending(imbalanceDepths),
    bandsBps: ascending(settings.BANDS_BPS),
    windowsMs: ascending(settings.WINDOWS_MS),
    wholeWindowsMs,
    signalAxes: Object.freeze({
      depths: Object.freeze([...new Set([1, Math.max(1, ...imbalanceDepths)])]),
      horizonsMs: ascending(settings.SIGNAL_HORIZONS_MS),
      windowMs: settings.SIGNAL_WINDOW_MS,
    }),
    warnings: Object.freeze(warnings),
  })
}

/** Time until the first snapshot of a book, plus the longest window, ms. */
function wholeWindowsOf(settings: Settings): number {
  const { CHECKPOINT_SNAPSHOT_MS, CHECKPOINT_MS, WINDOWS_MS } = settings
  return CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS + Math.max(...WINDOWS_MS)
}

/** Returns the effective settings as text by name, with secrets redacted, for the log line at start. */
export function describeConfig(config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.settings).map(([name, value]) => [
      name,
      shownValue(name as SettingName, writeValue(value)),
    ]),
  )
}

function ascending(numbers: readonly number[]): readonly number[] {
  return Object.freeze(numbers.toSorted((a, b) => a - b))
}

/** Settings in which the processes of one role differ by design: addresses and shares of the work. */
const OWN_SETTINGS: readonly string[] = [
  'HTTP_HOST',
  'HTTP_PORT',
  'PRODUCER_SHARD',
] satisfies SettingName[]

/**
 * Hashes the effective settings, with secrets redacted, for `config_info`. Equal in all processes of
 * a role that are configured alike.
 */
export function configHash(config: Config): string {
  const shared = Object.entries(describeConfig(config)).filter(
    ([name]) => !OWN_SETTINGS.includes(name),
  )
  const text = JSON.stringify(shared)
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Groups that the exchange documents, by currency (the first part of an instrument name). */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  BTC: ['none', '1', '2', '5', '10'],
  ETH: ['none', '5', '10', '25', '100', '250'],
}
/** The group that works for every instrument. */
const NO_GROUP = 'none'
const MAX_NAMED = 5

/**
 * Warns if BOOK_GROUP is not documented for some of INSTRUMENTS. The exchange omits unknown channels
 * from its acknowledgement without an error, so that these books would get no data.
 */
function findUndocumentedGroup(settings: Settings): string[] {
  const { ROLE, BOOK_MODE, BOOK_GROUP, INSTRUMENTS } = settings
  if (ROLE === 'consumer' || BOOK_MODE !== 'grouped' || BOOK_GROUP === NO_GROUP) return []
  const undocumented = INSTRUMENTS.filter((entry) => !groupsOf(entry).includes(BOOK_GROUP))
  if (undocumented.length === 0) return []
  const more = undocumented.length > MAX_NAMED ? ` and ${undocumented.length - MAX_NAMED} more` : ''
  const documented = Object.entries(DOCUMENTED)
    .map(([currency, groups]) => `${currency} ${groups.join(',')}`)
    .join('; ')
  return [
    `BOOK_GROUP=${JSON.stringify(BOOK_GROUP)} is not documented by the exchange for ` +
      `${undocumented.slice(0, MAX_NAMED).join(',')}${more}; these books may get no data ` +
      `(documented: ${documented}; others none)`,
  ]
}

/** The documented groups of a name or of a selector `kind:currency`. `any` allows only `none`. */
function groupsOf(entry: string): readonly string[] {
  const currency = entry.includes(':') ? entry.split(':')[1] : entry.split('-')[0]
  return DOCUMENTED[currency ?? ''] ?? [NO_GROUP]
}
