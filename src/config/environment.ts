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

/** Values as typed by the schema, and one line for each setting that cannot be used. */
export interface ReadSettings {
  /** Unusable settings have their defaults here, so that the others can still be checked together. */
  settings: Settings | null
  problems: string[]
  unusable: ReadonlySet<SettingName>
  /** Settings that the environment gave; the others have their defaults. */
  explicit: ReadonlySet<SettingName>
}

/** The sentence of one setting that cannot be used; the form that every problem has. */
export function settingProblem(
  name: SettingName,
  value: string | undefined,
  allowed: string,
): string {
  const given =
    value === undefined ? `${name} is unset` : `${name}=${JSON.stringify(shownBad(name, value))}`
  return `${given}: allowed is ${allowed}`
}

/** A value that cannot be used, as it may be repeated: where it is broken, anything may be the password. */
function shownBad(name: SettingName, value: string): string {
  const { isSecret, hidesUser } = settingShape(name)
  if (isSecret === true) return REDACTED
  if (hidesUser !== true || value.includes('@')) return withoutUser(value)
  return `${SCHEME.exec(value)?.[0] ?? ''}${REDACTED}`
}

/** A value that is used, as the log line at start and --check-config show it. */
export function shownValue(name: SettingName, value: string): string {
  return settingShape(name).isSecret === true ? REDACTED : withoutUser(value)
}

/** Stands for a secret wherever settings are shown. */
const REDACTED = '[redacted]'

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

/** An address may hold a password, which is not to be repeated; a password may hold anything. */
export function withoutUser(value: string): string {
  const at = value.lastIndexOf('@')
  return at < 0 ? value : `${SCHEME.exec(value)?.[0] ?? ''}${REDACTED}${value.slice(at)}`
}

/** What the schema says is allowed, to complete a message. */
export function allowedOf(name: SettingName): string {
  return settingShape(name).allowed ?? 'see --help'
}

/**
 * Reads every setting of the schema from the environment. An empty variable counts as unset,
 * as compose files write unset ones so. Never throws: all problems are reported at once.
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
      problems.push(settingProblem(name, text, allowedOf(name)))
    }
  }
  const settings = Value.Check(SettingsSchema, values) ? values : null
  return { settings, problems, unusable, explicit }
}

/** The text of a setting, for a secret also from the file that `<NAME>_FILE` names. */
function textOf(name: SettingName, environment: Environment): { text?: string; problem?: string } {
  const { alias } = settingShape(name)
  const other = alias === undefined ? undefined : environment[alias]
  const text = environment[name]?.trim() || (other?.trim() ?? '')
  const file = environment[`${name}_FILE`]?.trim() ?? ''
  if (!mayComeFromFile(name) || file === '') return { text }
  const given = `${name}_FILE=${JSON.stringify(file)}: allowed is`
  if (text !== '') return { problem: `${given} only one of it and ${name}` }
  try {
    return { text: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    return { problem: `${given} a readable file (${messageOf(error)})` }
  }
}

/** Text to the type that the schema names; what does not convert stays text and fails the check. */
function convert(schema: SettingShape, text: string): unknown {
  if (schema.type === 'integer') return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : text
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type === 'array') {
    const { items = {} } = schema
    return text.split(',').map((part) => convert(items, part.trim()))
  }
  const isNumeric = schema.anyOf?.some((option) => typeof option.const === 'number') ?? false
  return isNumeric ? convert({ type: 'integer' }, text) : text
}

/** Further words that a variable of ours could begin with, beside the first words of the known names. */
const EXTRA_PREFIXES = ['INSTRUMENT', 'TRADES', 'ROLE']

/** Names that all programs share: what begins like them is not meant for us. */
const SHARED = /^(HTTPS|NO)_PROXY$/

const PREFIXES = [
  ...new Set(
    SETTING_NAMES.filter((name) => name.includes('_') && !SHARED.test(name)).map(
      (name) => `${name.split('_')[0]}_`,
    ),
  ),
  ...EXTRA_PREFIXES,
]

/** Names that hosts inject: proxies, and the links that container platforms make for every service. */
const INJECTED = [
  /^HTTP_PROXY$/,
  /_SERVICE_HOST$/,
  /_SERVICE_PORT(_[A-Z0-9_]+)?$/,
  /_PORT_\d+_(TCP|UDP)/,
]

/** Largest edit distance at which an unknown name is taken for a slip of the pen. */
const MAX_TYPO_DISTANCE = 2

export interface UnknownSettings {
  /** Most likely misspelt: an error. */
  problems: string[]
  /** Has one of our prefixes, resembles nothing. */
  warnings: string[]
}

/** Checks variables that look like ours but are not: a setting that silently does nothing is a lie. */
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
      problems.push(`${name}: unknown, did you mean ${nearest.name}?`)
    } else {
      warnings.push(`${name}: unknown and without effect; the nearest setting is ${nearest.name}`)
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

/** Levenshtein distance: insertions, deletions and substitutions cost one each. */
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
