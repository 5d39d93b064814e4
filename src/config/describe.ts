import type { Environment } from './environment.ts'
import { SETTING_NAMES, settingShape, type SettingShape } from './settings.ts'

export interface SettingRow {
  name: string
  /** Default as written in the environment; empty if there is none. */
  default: string
  description: string
  allowed: string
}

/** Returns one row for each setting of the schema, for `--help` and docs/config.md. */
export function settingRows(): SettingRow[] {
  return SETTING_NAMES.map((name) => {
    const schema = settingShape(name)
    return {
      name,
      default: writeDefault(schema),
      description: schema.description ?? '',
      allowed: schema.allowed ?? '',
    }
  })
}

function writeDefault({ default: usual, otherDefault }: SettingShape): string {
  if (usual === undefined) return ''
  if (otherDefault === undefined) return writeValue(usual)
  const where = otherDefault.where.map(String).join('=')
  return `${writeValue(usual)}; ${writeValue(otherDefault.default)} with ${where}`
}

/** Formats a setting's value as written in the environment. */
export function writeValue(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** Formats the settings for `--help`. */
export function settingsHelp(): string {
  const rows = settingRows()
  const width = Math.max(...rows.map((row) => row.name.length))
  const indent = ' '.repeat(width + 4)
  return rows
    .map((row) => {
      const fallback = row.default === '' ? 'unset' : row.default
      return `  ${row.name.padEnd(width)}  ${row.description}\n${indent}default ${fallback}; ${row.allowed}`
    })
    .join('\n')
}

/**
 * Settings that select the exchange, the brokers, the credentials and the part of the work. Tools that
 * start all of these themselves ignore them.
 */
const CONNECTION_SETTINGS =
  /^(ROLE|PRODUCER_SHARD|DERIBIT_.*|HTTPS_PROXY(_FILE)?|https_proxy|KAFKA_BROKERS|KAFKA_SSL.*|KAFKA_SASL.*)$/

/** Removes the connection settings, and the variables selected by `isOther`, from an environment. */
export function withoutConnectionSettings(
  environment: Environment,
  isOther: (name: string) => boolean = () => false,
): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !CONNECTION_SETTINGS.test(name) && !isOther(name),
  )
  return Object.fromEntries(kept)
}
