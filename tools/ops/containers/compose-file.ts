import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parse } from 'yaml'
import { output, ROOT } from '../programs.ts'

/** Files of variables, each of which selects profiles and a project: the default is the first. */
export const ENV_FILES = ['.env', 'offline.env', 'cluster.env'] as const
export type EnvFile = (typeof ENV_FILES)[number]

/** What a file of variables selects. */
export interface Selection {
  readonly profiles: readonly string[]
  readonly projectName: string
}

/** @param folder of the project */
export function readSelection(folder: string, envFile: string): Selection {
  const text = readFileSync(join(folder, envFile), 'utf8')
  const valueOf = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1] ?? ''
  return {
    profiles: valueOf('COMPOSE_PROFILES').split(','),
    projectName: valueOf('COMPOSE_PROJECT_NAME'),
  }
}

/** Whether a service runs with these profiles. */
export function isSelected({ profiles }: ComposeService, { profiles: selected }: Selection) {
  return profiles === undefined || profiles.some((profile) => selected.includes(profile))
}

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
export async function readCompose(envFile: EnvFile): Promise<ComposeFile> {
  const { PATH, HOME } = process.env
  const args = ['--env-file', envFile, 'config']
  const { stdout } = await output('docker-compose', args, { env: { PATH, HOME } })
  const file = parse(stdout) as ComposeFile
  const selection = readSelection(ROOT, envFile)
  const services = Object.entries(file.services).filter(([, service]) =>
    isSelected(service, selection),
  )
  return { ...file, services: Object.fromEntries(services) }
}
