import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseSimulatorArgs } from '../../../src/simulator/cli.ts'
import { problemsOf } from '../programs.ts'
import { type ComposeFile, type Profile, PROFILES, readCompose } from './compose-file.ts'
import { readDockerfile } from './dockerfile.ts'

const SECRETS = '/run/secrets/'
const CHECK = ['src/cli.ts', '--check-config', '--strict']

/** Checks that every variable of our containers is a setting of the service, also with credentials. */
export async function checkContainerSettings(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-compose-'))
  try {
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'no-secret\n')
    const login = {
      DERIBIT_CLIENT_ID: 'somebody',
      DERIBIT_CLIENT_SECRET_FILE: secretFile,
      BOOK_MODE: 'incremental',
      BOOK_INTERVAL: 'raw',
    }
    const checked = new Set<string>()
    const problems: string[] = []
    for (const profile of PROFILES) problems.push(...(await checkProfile(profile, {}, checked)))
    problems.push(...(await checkProfile('deribit', login, checked)))
    return problems
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param judged already checked environments; those of this call are added */
async function checkProfile(
  profile: Profile,
  variables: Readonly<Record<string, string>>,
  checked: Set<string>,
): Promise<string[]> {
  const file = await readCompose(profile, variables)
  const { environment: ofImage } = readDockerfile()
  const problems: string[] = []
  for (const [name, service] of Object.entries(file.services)) {
    if (service.build === undefined) continue
    const [word, ...args] = service.command ?? []
    if (word === 'simulator') {
      parseSimulatorArgs(args)
      continue
    }
    const env = { PATH: process.env['PATH'], ...ofImage, ...settingsOf(service.environment, file) }
    const key = JSON.stringify(env)
    if (checked.has(key)) continue
    checked.add(key)
    const said = await problemsOf(process.execPath, CHECK, { env })
    problems.push(...said.map((problem) => `${profile}, ${name}: ${problem}`))
  }
  return problems
}

/** The environment inside the container, with paths of secrets on this machine. */
function settingsOf(
  environment: ComposeFile['services'][string]['environment'] = {},
  { secrets = {} }: ComposeFile,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const text = String(value)
      if (!text.startsWith(SECRETS)) return [name, text]
      return [name, secrets[text.slice(SECRETS.length)]?.file ?? text]
    }),
  )
}
