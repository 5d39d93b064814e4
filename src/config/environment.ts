import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { messageOf } from '../errors.ts'
import {
  mayComeFromFile,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  settingShape,
  type SettingShape,
  SettingsSchema,
} from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The settings that were read, and one line for each invalid setting. */
export interface ReadSettings {
  /** Invalid settings have their defaults, so that the rules that join settings can still be checked. */
  settings: Settings | null
  problems: string[]
  unusable: ReadonlySet<SettingName>
  /** Settings that the environment sets; the others have their defaults. */
  explicit: ReadonlySet<SettingName>
}

/** The parts of an error or warning about a variable. */
export interface ProblemParts {
  /** What is valid. */
  readonly expected: string
  /** Why an unset variable is required, such as `when ROLE=consumer`. */
  readonly requiredWhen?: string
  /** The cause, such as an error of the file system. */
  readonly cause?: string
  /** The variable is ignored, with a warning. Default: it is an error. */
  readonly isIgnored?: boolean
}

/** Formats every error and warning about the value of a variable. Null: the variable is unset. */
export function formatProblem(name: string, value: string | null, parts: ProblemParts): string {
  const { expected, requiredWhen = '', cause, isIgnored = false } = parts
  const what =
    value === null
      ? `${name} is required ${requiredWhen}`
      : `${name}=${JSON.stringify(value)} is ${isIgnored ? 'ignored' : 'invalid'}`
  return `${what} (expected ${expected})${cause === undefined ? '' : `: ${cause}`}`
}

/** Formats an error about a setting, with secrets redacted. */
export function settingProblem(
  name: SettingName,
  value: string | undefined,
  parts: ProblemParts,
): string {
  return formatProblem(name, value === undefined ? null : shownBad(name, value), parts)
}

/** Redacts an invalid value. In a malformed address any part may be the password. */
function shownBad(name: SettingName, value: string): string {
  const { isSecret, redactsUser } = settingShape(name)
  if (isSecret === true) return REDACTED
  if (redactsUser !== true || value.includes('@')) return withoutUser(value)
  return `${SCHEME.exec(value)?.[0] ?? ''}${REDACTED}`
}

/** Redacts a valid value for the log line at start and for --check-config. */
export function shownValue(name: SettingName, value: string): string {
  return settingShape(name).isSecret === true ? REDACTED : withoutUser(value)
}

/** Replaces a secret wherever settings are shown. */
const REDACTED = '[redacted]'

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** Redacts user and password of an address. A password may contain any character. */
export function withoutUser(value: string): string {
  const at = value.lastIndexOf('@')
  return at < 0 ? value : `${SCHEME.exec(value)?.[0] ?? ''}${REDACTED}${value.slice(at)}`
}

/** Describes the valid values of a setting, from the schema. */
export function allowedOf(name: SettingName): string {
  return settingShape(name).allowed ?? 'see --help'
}

/**
 * Reads every setting of the schema from the environment. An empty variable counts as unset, because
 * compose files pass unset variables as empty ones. Never throws: all problems are reported at once.
 */
export function readSettings(environment: Environment): ReadSettings {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  const explicit = new Set<SettingName>()
  const unusable = new Set<SettingName>()
  for (const name of SETTING_NAMES) {
    const schema = settingShape(name)
    const { text, problem } = textOf(name, environment)
    if (problem !== undefined) {
      unusable.add(name)
      problems.push(problem)
    }
    if (schema.default !== undefined) values[name] = schema.default
    if (text === undefined || text === '') continue
    explicit.add(name)
    const value = convert(schema, text)
    if (Value.Check(schema, value)) {
      values[name] = value
    } else {
      unusable.add(name)
      problems.push(settingProblem(name, text, { expected: allowedOf(name) }))
    }
  }
  for (const name of SETTING_NAMES) {
    const { otherDefault } = settingShape(name)
    if (otherDefault === undefined || explicit.has(name)) continue
    const [other, value] = otherDefault.where
    if (values[other] === value) values[name] = otherDefault.default
  }
  const settings = Value.Check(SettingsSchema, values) ? values : null
  return { settings, problems, unusable, explicit }
}

/** Reads the text of a setting; a secret may also come from the file named by `<NAME>_FILE`. */
function textOf(name: SettingName, environment: Environment): { text?: string; problem?: string } {
  const { alias } = settingShape(name)
  const other = alias === undefined ? undefined : environment[alias]
  const text = environment[name]?.trim() || (other?.trim() ?? '')
  const file = environment[`${name}_FILE`]?.trim() ?? ''
  if (!mayComeFromFile(name) || file === '') return { text }
  if (text !== '') {
    const expected = `no value when ${name} is set`
    return { problem: formatProblem(`${name}_FILE`, file, { expected }) }
  }
  try {
    return { text: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    const parts = { expected: 'a readable file', cause: messageOf(error) }
    return { problem: formatProblem(`${name}_FILE`, file, parts) }
  }
}

/** Converts text to the type in the schema. Text that does not convert stays text and fails the check. */
function convert(schema: SettingShape, text: string): unknown {
  if (schema.type === 'integer') return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : text
  if (schema.type === 'number') return /^\d{1,4}(\.\d{1,2})?$/.test(text) ? Number(text) : text
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type === 'array') {
    const { items = {} } = schema
    return text.split(',').map((part) => convert(items, part.trim()))
  }
  const isNumeric = schema.anyOf?.some((option) => typeof option.const === 'number') ?? false
  return isNumeric ? convert({ type: 'integer' }, text) : text
}

/** Prefixes of misspelt settings, in addition to the first words of the known names. */
const EXTRA_PREFIXES = ['INSTRUMENT', 'TRADES', 'ROLE']

/** Names that all programs share. Their first words are no prefixes of this service. */
const SHARED = /^(HTTPS|NO)_PROXY$/

const PREFIXES = [
  ...new Set(
    SETTING_NAMES.filter((name) => name.includes('_') && !SHARED.test(name)).map(
      (name) => `${name.split('_')[0]}_`,
    ),
  ),
  ...EXTRA_PREFIXES,
]

/** Names that hosts inject: proxies, and the service links of container platforms. */
const INJECTED = [
  /^HTTP_PROXY$/,
  /_SERVICE_HOST$/,
  /_SERVICE_PORT(_[A-Z0-9_]+)?$/,
  /_PORT_\d+_(TCP|UDP)/,
]

/** An unknown name within this edit distance of a setting counts as misspelt. */
const MAX_TYPO_DISTANCE = 2

export interface UnknownSettings {
  /** Misspelt settings: an error. */
  problems: string[]
  /** Variables with a known prefix that resemble no setting. */
  warnings: string[]
}

/** Finds variables that look like settings and are none, which would otherwise be ignored silently. */
export function findUnknownSettings(environment: Environment): UnknownSettings {
  const secretFiles = SETTING_NAMES.filter(mayComeFromFile)
  const known = new Set<string>([...SETTING_NAMES, ...secretFiles.map((name) => `${name}_FILE`)])
  const problems: string[] = []
  const warnings: string[] = []
  for (const [name, value] of Object.entries(environment)) {
    if (known.has(name) || !PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    if (INJECTED.some((pattern) => pattern.test(name))) continue
    if (name.endsWith('_PORT') && value?.startsWith('tcp://')) continue
    const nearest = nearestSetting(name)
    if (nearest.distance <= MAX_TYPO_DISTANCE) {
      problems.push(`${name} is unknown; did you mean ${nearest.name}?`)
    } else {
      warnings.push(`${name} is unknown and has no effect (nearest setting: ${nearest.name})`)
    }
  }
  return { problems, warnings }
}

function nearestSetting(name: string): { name: string; distance: number } {
  let best = { name: '', distance: Number.POSITIVE_INFINITY }
  for (const known of SETTING_NAMES) {
    const distance = editDistance(name, known)
    if (distance < best.distance) best = { name: known, distance }
  }
  return best
}

/** Computes the Levenshtein distance: insertions, deletions and substitutions cost one each. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const deletion = (previous[column] ?? 0) + 1
      const insertion = (current[column - 1] ?? 0) + 1
      current.push(Math.min(substitution, deletion, insertion))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
