import type { Environment } from './environment.ts'
import { SETTING_NAMES, settingShape } from './settings.ts'

export interface SettingRow {
  name: string
  /** Default as it would be written in the environment; empty where there is none. */
  default: string
  description: string
  allowed: string
}

/** One row for each setting, from the schema: the source of `--help` and docs/config.md. */
export function settingRows(): SettingRow[] {
  return SETTING_NAMES.map((name) => {
    const schema = settingShape(name)
    return {
      name,
      default: schema.default === undefined ? '' : writeValue(schema.default),
      description: schema.description ?? '',
      allowed: schema.allowed ?? '',
    }
  })
}

/** A setting's value as the environment would hold it. */
export function writeValue(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** The settings as `--help` prints them. */
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
 * What says where the exchange and the brokers are, how to get in there, and which part of the work is
 * whose: what runs both itself takes none of it from the environment.
 */
const CONNECTION_SETTINGS =
  /^(ROLE|PRODUCER_SHARD|DERIBIT_.*|HTTPS_PROXY(_FILE)?|https_proxy|KAFKA_BROKERS|KAFKA_SSL.*|KAFKA_SASL.*)$/

/** The environment without those settings, and without what `isOther` names. */
export function withoutConnectionSettings(
  environment: Environment,
  isOther: (name: string) => boolean = () => false,
): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !CONNECTION_SETTINGS.test(name) && !isOther(name),
  )
  return Object.fromEntries(kept)
}
