import type { Environment } from './read-settings.ts'
import { SETTING_NAMES, mayComeFromFile } from './settings.ts'

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

/** Judges variables that look like ours but are not: a setting that silently does nothing is a lie. */
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
