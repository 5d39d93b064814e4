import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readKafkaVersion } from '../../kafka/kafka-jars.ts'
import { ROOT } from '../programs.ts'
import { type ComposeFile, type ComposeService, ENV_FILES, readCompose } from './compose-file.ts'

/** Services that may publish ports; other containers alone reach the rest. */
const PUBLISHED = [
  'grafana',
  'prometheus',
  'producer',
  'producer-offline',
  'alertmanager',
  'kafka',
  'kafka-2',
  'kafka-3',
  'consumer-all',
  'consumer-1',
  'consumer-2',
]
/** Services without a health check: the image has no client, and nothing waits for them. */
const UNWATCHED = ['tempo']
const GRACE = '15s'
/** A wrong setting is not cured by restarts. */
const RESTART = 'on-failure:5'

/** Checks that docker-compose.yml is valid, restricted and pinned, and that mounted files exist. */
export async function checkCompose(): Promise<string[]> {
  const problems = [...(await checkKafkaVersion()), ...checkTempo()]
  for (const envFile of ENV_FILES) {
    const file = await readCompose(envFile)
    for (const [name, service] of Object.entries(file.services)) {
      const said = serviceProblems(name, service, file)
      problems.push(...said.map((problem) => `${envFile}, ${name}: ${problem}`))
    }
  }
  return problems
}

/** Problems of one service. */
export function serviceProblems(
  name: string,
  service: ComposeService,
  file: ComposeFile,
): string[] {
  return [
    ...containment(service),
    ...pinning(service),
    ...watching(name, service, file),
    ...mounting(service, file),
    ...publishing(name, service),
  ]
}

/** Returns the problem unless the condition holds. */
function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem]
}

function containment(service: ComposeService): string[] {
  const { logging, user = '', cap_drop: dropped = [], security_opt: options = [] } = service
  return [
    ...unless(!/^(|root|0)(:|$)/.test(user), 'runs as root'),
    ...unless(service.read_only === true, 'has a writable root file system'),
    ...unless(dropped.includes('ALL'), 'keeps capabilities'),
    ...unless(options.includes('no-new-privileges:true'), 'may gain privileges'),
    ...unless(service.mem_limit !== undefined, 'has no memory limit'),
    ...unless(service.cpus !== undefined, 'has no CPU limit'),
    ...unless(service.pids_limit !== undefined, 'has no limit of processes'),
    ...unless(service.stop_grace_period === GRACE, `has no stop grace period of ${GRACE}`),
    ...unless(service.restart === RESTART, `does not restart ${RESTART}`),
    ...unless(logging?.options?.['max-size'] !== undefined, 'has no limit of its log size'),
  ]
}

function pinning({ image = '', build, pull_policy: policy }: ComposeService): string[] {
  return [
    ...unless(build === undefined || policy === 'build', 'does not run changed code'),
    ...unless(/:v?\d+\.\d+\.\d+$/.test(image), `${image} is not pinned to a version`),
    ...unless(build === undefined || image === ownImage(), `${image} is not our version`),
  ]
}

/** Name and version of package.json. */
function ownImage(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return `${name}:${version}`
}

function watching(name: string, service: ComposeService, file: ComposeFile): string[] {
  const isWatched = (one: string, { healthcheck, build }: ComposeService) =>
    healthcheck !== undefined || build !== undefined || UNWATCHED.includes(one)
  const awaited = Object.entries(service.depends_on ?? {})
  return [
    ...unless(isWatched(name, service), 'has no health check'),
    ...awaited.flatMap(([other, { condition }]) => [
      ...unless(condition === 'service_healthy', `does not wait until ${other} is healthy`),
      ...unless(
        other in file.services && !UNWATCHED.includes(other),
        `waits for ${other}, which does not exist or has no health check`,
      ),
    ]),
  ]
}

function mounting({ volumes = [], secrets = [] }: ComposeService, file: ComposeFile): string[] {
  const mounts = volumes.flatMap((volume) => {
    const [source = '', target, mode] = volume.split(':')
    if (!source.startsWith('/')) {
      return unless(source in (file.volumes ?? {}), `volume ${source} is not declared`)
    }
    return [
      ...unless(existsSync(source), `${source} is mounted and does not exist`),
      ...unless(mode === 'ro', `${target} of the project is writable`),
    ]
  })
  const files = secrets.flatMap(({ source }) => {
    const path = file.secrets?.[source]?.file
    return unless(path !== undefined && existsSync(path), `secret ${source} is not there`)
  })
  return [...mounts, ...files]
}

function publishing(name: string, { ports = [] }: ComposeService): string[] {
  return [
    ...unless(ports.length === 0 || PUBLISHED.includes(name), 'publishes a port'),
    ...ports.flatMap((port) =>
      unless(port.startsWith('127.0.0.1:'), `publishes ${port} to other machines`),
    ),
  ]
}

/** Checks that the containers use the broker version of the tests. */
async function checkKafkaVersion(): Promise<string[]> {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')
  const { services } = parse(text, { merge: true }) as ComposeFile
  const image = `apache/kafka:${await readKafkaVersion()}`
  return unless(services['kafka']?.image === image, `the broker of the tests is ${image}`)
}

/** Checks that Tempo stops within the grace period; its defaults are longer. */
function checkTempo(): string[] {
  const config = parse(readFileSync(join(ROOT, 'tempo', 'tempo.yml'), 'utf8')) as {
    server?: { graceful_shutdown_timeout?: string }
    backend_worker?: { finish_on_shutdown_timeout?: string }
  }
  const secondsOf = (duration = '') => Number(/^(\d+)s$/.exec(duration)?.[1] ?? Number.NaN)
  const seconds =
    secondsOf(config.server?.graceful_shutdown_timeout) +
    secondsOf(config.backend_worker?.finish_on_shutdown_timeout)
  return unless(seconds < secondsOf(GRACE), `tempo: stops later than ${GRACE}`)
}
