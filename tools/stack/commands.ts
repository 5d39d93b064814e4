import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Command } from './child-service.ts'

const MAIN = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const SIMULATOR = fileURLToPath(new URL('../../src/simulator/cli.ts', import.meta.url))
/** Default variables that a program inherits. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'JAVA_HOME']
/** The maximum of the simulator, so that no instrument is over the limit. */
const MAX_INSTRUMENTS = '10000'

export type Environment = Readonly<Record<string, string | undefined>>

/** The part of our environment that every program needs. */
export function plainEnvironment(): Environment {
  return Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]))
}

/** Command of the simulated exchange. @param words its options by name, without dashes */
export function simulatorCommand(
  words: Readonly<Record<string, string>>,
  env: Environment,
): Command {
  const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value])
  return { program: process.execPath, args: [SIMULATOR, ...args], env }
}

/** Command of the service. @param settings override the environment */
export function serviceCommand(
  settings: Readonly<Record<string, string>>,
  env: Environment,
): Command {
  // The same options and variable as in `npm start`.
  const args = ['--max-semi-space-size=8', '--disable-warning=TimeoutNegativeWarning', MAIN]
  return {
    program: process.execPath,
    args,
    env: { MALLOC_ARENA_MAX: '1', MAX_INSTRUMENTS, ...env, HTTP_HOST: '127.0.0.1', ...settings },
  }
}

export interface MonitoringPlace {
  program: string
  port: number
  /** Empty folder for the data. */
  dataFolder: string
  configFile: string
}

export interface PrometheusPlace extends MonitoringPlace {
  /** Default: its own. */
  alertResendDelay?: string | undefined
}

export function prometheusCommand(
  { program, port, dataFolder, configFile, alertResendDelay }: PrometheusPlace,
  env: Environment,
): Command {
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${dataFolder}`,
    '--storage.tsdb.retention.size=1GB',
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
  ]
  if (alertResendDelay !== undefined) args.push(`--rules.alert.resend-delay=${alertResendDelay}`)
  return { program, args, env }
}

export function alertmanagerCommand(place: MonitoringPlace, env: Environment): Command {
  const args = [
    `--config.file=${place.configFile}`,
    `--storage.path=${place.dataFolder}`,
    `--web.listen-address=127.0.0.1:${place.port}`,
    // Disables clustering.
    '--cluster.listen-address=',
  ]
  return { program: place.program, args, env }
}
