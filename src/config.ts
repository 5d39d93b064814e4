import { createHash } from 'node:crypto'
import { AppError } from './errors.ts'
import {
  allowedOf,
  readSettings,
  REDACTED,
  settingProblem,
  type Environment,
} from './config/read-settings.ts'
import { settingShape, type SettingName, type Settings } from './config/settings.ts'
import { writeValue } from './config/settings-table.ts'
import { findUnknownSettings } from './config/unknown-settings.ts'

export { settingsHelp } from './config/settings-table.ts'

/** The effective configuration, frozen. Names, units and ranges are those of the settings. */
export interface Config {
  readonly settings: Readonly<Settings>
  /** Which settings the environment gave. */
  readonly explicit: ReadonlySet<SettingName>
  /** Depths that the subscribed book can support; the rest of IMBALANCE_DEPTHS is left out. */
  readonly imbalanceDepths: readonly number[]
  /** What is odd but usable, one line each; logged once at start. */
  readonly warnings: readonly string[]
}

/**
 * Reads the whole configuration from the environment.
 * @throws AppError `ERR_CONFIG_INVALID`; `context.problems` holds one line for each problem:
 * the variable's name, its value, and what is allowed.
 */
export function readConfig(environment: Environment, options: { isStrict: boolean }): Config {
  const read = readSettings(environment)
  const unknown = findUnknownSettings(environment)
  const problems = [...read.problems, ...unknown.problems]
  if (read.settings !== null) problems.push(...conflicts(read.settings, read.unusable))
  const warnings = [...unknown.warnings]
  if (options.isStrict) problems.push(...warnings)
  if (read.settings === null || problems.length > 0) {
    throw new AppError('ERR_CONFIG_INVALID', 'the configuration cannot be used', {
      context: { problems },
    })
  }
  const settings = Object.freeze(read.settings)
  const knownDepth = knownDepthOf(settings)
  const imbalanceDepths = settings.IMBALANCE_DEPTHS.filter((depth) => depth <= knownDepth)
  if (imbalanceDepths.length < settings.IMBALANCE_DEPTHS.length) {
    const left = settings.IMBALANCE_DEPTHS.filter((depth) => depth > knownDepth)
    warnings.push(
      `IMBALANCE_DEPTHS: left out ${left.join(',')}, deeper than BOOK_DEPTH=${settings.BOOK_DEPTH}`,
    )
  }
  return Object.freeze({
    settings,
    explicit: read.explicit,
    imbalanceDepths: Object.freeze(imbalanceDepths.toSorted((a, b) => a - b)),
    warnings: Object.freeze(warnings),
  })
}

/** The effective settings as text by name, for the log line at start. */
export function describeConfig(config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.settings).map(([name, value]) => {
      const isSecret = settingShape(name as SettingName).isSecret === true
      return [name, isSecret ? REDACTED : writeValue(value)]
    }),
  )
}

/** Levels a side that the subscribed channel shows. */
function knownDepthOf({ BOOK_MODE, BOOK_DEPTH }: Settings): number {
  return BOOK_MODE === 'grouped' ? BOOK_DEPTH : Number.POSITIVE_INFINITY
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether what is sent to an address can be read on the way. */
function isOpenToReaders(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'ws:' && !LOOPBACK.test(hostname)
}

/** Tells two configurations apart, for `config_info`; made from what the log line shows. */
export function configHash(config: Config): string {
  const text = JSON.stringify(describeConfig(config))
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Rules that join several settings; one that joins an unusable setting says nothing. */
function conflicts(settings: Settings, unusable: ReadonlySet<SettingName>): string[] {
  const problems: string[] = []
  const complain = (name: SettingName, others: SettingName[], allowed: string) => {
    if ([name, ...others].some((joined) => unusable.has(joined))) return
    const value = settings[name]
    const written = value === undefined ? undefined : writeValue(value)
    problems.push(settingProblem(name, written, allowed))
  }
  if (!URL.canParse(settings.DERIBIT_URL)) complain('DERIBIT_URL', [], allowedOf('DERIBIT_URL'))
  if (settings.ROLE !== 'all' && settings.KAFKA_BROKERS === undefined) {
    const allowed = `${allowedOf('KAFKA_BROKERS')}; needed with ROLE=${settings.ROLE}`
    complain('KAFKA_BROKERS', ['ROLE'], allowed)
  }
  if (settings.KAFKA_TOPIC === settings.KAFKA_TRADES_TOPIC) {
    complain('KAFKA_TRADES_TOPIC', ['KAFKA_TOPIC'], 'another name than KAFKA_TOPIC')
  }
  if (settings.CHECKPOINT_MS >= settings.STALE_AFTER_MS / 2) {
    const allowed = `below half of STALE_AFTER_MS=${settings.STALE_AFTER_MS}`
    complain('CHECKPOINT_MS', ['STALE_AFTER_MS'], allowed)
  }
  const leastWarmupMs = settings.CHECKPOINT_SNAPSHOT_MS + settings.CHECKPOINT_MS
  if (settings.WARMUP_MS < leastWarmupMs) {
    const allowed = `at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = ${leastWarmupMs}`
    complain('WARMUP_MS', ['CHECKPOINT_SNAPSHOT_MS', 'CHECKPOINT_MS'], allowed)
  }
  const { DERIBIT_CLIENT_ID: id, DERIBIT_CLIENT_SECRET: secret } = settings
  if ((id === undefined) !== (secret === undefined)) {
    const missing = id === undefined ? 'DERIBIT_CLIENT_ID' : 'DERIBIT_CLIENT_SECRET'
    const other = id === undefined ? 'DERIBIT_CLIENT_SECRET' : 'DERIBIT_CLIENT_ID'
    complain(missing, [other], `${allowedOf(missing)}; needed together with ${other}`)
  }
  if (id !== undefined && isOpenToReaders(settings.DERIBIT_URL)) {
    complain('DERIBIT_URL', [], 'wss:// with a login, as ws:// would send the secret in the clear')
  }
  const [share = 0, shares = 1] = settings.PRODUCER_SHARD.split('/').map(Number)
  if (share >= shares) complain('PRODUCER_SHARD', [], allowedOf('PRODUCER_SHARD'))
  if (settings.BOOK_INTERVAL === 'raw') {
    if (settings.BOOK_MODE !== 'incremental') {
      complain('BOOK_INTERVAL', ['BOOK_MODE'], '100ms or agg2 with BOOK_MODE=grouped')
    } else if (id === undefined) {
      const allowed = '100ms or agg2 without DERIBIT_CLIENT_ID and DERIBIT_CLIENT_SECRET'
      complain('BOOK_INTERVAL', ['DERIBIT_CLIENT_ID'], allowed)
    }
  }
  if (settings.IMBALANCE_DEPTHS.every((depth) => depth > knownDepthOf(settings))) {
    const allowed = `at least one depth within BOOK_DEPTH=${settings.BOOK_DEPTH}`
    complain('IMBALANCE_DEPTHS', ['BOOK_DEPTH'], allowed)
  }
  return problems
}
