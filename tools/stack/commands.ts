import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Command } from './child-service.ts'

const MAIN = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const SIMULATOR = fileURLToPath(new URL('../../src/simulator/cli.ts', import.meta.url))
const ALERTMANAGER_CONFIG = fileURLToPath(
  new URL('../../prometheus/alertmanager.yml', import.meta.url),
)
/** What a program may inherit where nothing else is said. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'JAVA_HOME']
/** As many as the simulator can have: it is asked for so many, and all are to be seen. */
const MAX_INSTRUMENTS = '10000'

export type Environment = Readonly<Record<string, string | undefined>>

/** The little of our environment that every program needs. */
export function plainEnvironment(): Environment {
  return Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]))
}

/** The simulated exchange. @param words its options by name, without dashes */
export function simulatorCommand(
  words: Readonly<Record<string, string>>,
  env: Environment,
): Command {
  const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value])
  return { program: process.execPath, args: [SIMULATOR, ...args], env }
}

/** The service. @param settings win over those of the environment */
export function serviceCommand(
  settings: Readonly<Record<string, string>>,
  env: Environment,
): Command {
  // The option is that of `npm start`.
  const args = ['--disable-warning=TimeoutNegativeWarning', MAIN]
  return {
    program: process.execPath,
    args,
    env: { MAX_INSTRUMENTS, ...env, HTTP_HOST: '127.0.0.1', ...settings },
  }
}

export interface MonitoringPlace {
  program: string
  port: number
  /** Empty folder for the data. */
  dataFolder: string
}

export interface PrometheusPlace extends MonitoringPlace {
  configFile: string
  /** Its own if left out. */
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
    `--config.file=${ALERTMANAGER_CONFIG}`,
    `--storage.path=${place.dataFolder}`,
    `--web.listen-address=127.0.0.1:${place.port}`,
    // It would look for others to make a cluster with.
    '--cluster.listen-address=',
  ]
  return { program: place.program, args, env }
}
