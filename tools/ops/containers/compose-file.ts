import process from 'node:process'
import { parse } from 'yaml'
import { output } from '../programs.ts'

/** The profiles, each with its file of variables: the default, and the one without the exchange. */
export const ENV_FILES = { deribit: '.env', offline: 'offline.env' } as const
export type Profile = keyof typeof ENV_FILES

export interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string }
  readonly pull_policy?: string
  readonly restart?: string
  readonly command?: readonly string[]
  readonly user?: string
  readonly profiles?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly cpus?: number
  readonly mem_limit?: string
  readonly pids_limit?: number
  readonly stop_grace_period?: string
  readonly logging?: { readonly options?: Readonly<Record<string, string>> }
  readonly environment?: Readonly<Record<string, string | number>>
  readonly secrets?: readonly { readonly source: string }[]
  /** `source:target:mode`, sources of the project as absolute paths. */
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] } | null>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
}

/** The file as parsed by compose. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

/**
 * Reads docker-compose.yml with variables, anchors and defaults resolved, without services of other profiles. Our
 * variables are not passed.
 * @throws Error with the output of compose where it rejects the file
 */
export async function readCompose(profile: Profile): Promise<ComposeFile> {
  const { PATH, HOME } = process.env
  const args = ['--env-file', ENV_FILES[profile], 'config']
  const { stdout } = await output('docker-compose', args, { env: { PATH, HOME } })
  const file = parse(stdout) as ComposeFile
  const services = Object.entries(file.services).filter(
    ([, { profiles }]) => profiles === undefined || profiles.includes(profile),
  )
  return { ...file, services: Object.fromEntries(services) }
}
