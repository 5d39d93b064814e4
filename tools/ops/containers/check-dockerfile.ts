import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { findFreePorts } from '../../kafka/free-port.ts'
import { ChildService } from '../../stack/child-service.ts'
import { answers } from '../../stack/probes.ts'
import { output, problemsOf, ROOT } from '../programs.ts'
import { readDockerfile, type Dockerfile, type Stage } from './dockerfile.ts'

const BUILD_MS = 240_000
const START_MS = 30_000
/** Stop grace period of compose. */
const STOP_MS = 15_000
/** The user `node` of the image. */
const USER = { uid: 1000, gid: 1000 }
const SIMULATOR_ID = 'image'

/**
 * Runs the Dockerfile without Docker: its steps in empty folders, from the files that .dockerignore
 * allows, and its command as another user, with the Node version of its image.
 */
export async function checkDockerfile(): Promise<string[]> {
  const file = readDockerfile()
  const problems = [...checkImages(file), ...checkContext(file)]
  if (problems.length > 0) return problems
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-image-'))
  try {
    // Another user runs the result.
    await output('chmod', ['755', folder])
    const path = await installNode(folder)
    for (const stage of file.stages) await build(stage, folder, path)
    return await run(file, join(folder, 'last'), path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Checks that both stages use the Node version of the tests. */
function checkImages({ stages, user }: Dockerfile): string[] {
  const text = readFileSync(join(ROOT, 'node_modules', 'node', 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  const wrong = stages.filter(({ image }) => !image.startsWith(`node:${version}-`))
  return [
    ...wrong.map(({ image }) => `FROM ${image}: the tests run on node:${version}`),
    ...(user === 'node' ? [] : [`USER ${user}: expected node`]),
  ]
}

/** Checks that .dockerignore allows exactly the copied files. */
function checkContext({ stages }: Dockerfile): string[] {
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const copied = stages.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === 'copy' && step.from === null ? step.paths.slice(0, -1) : [],
    ),
  )
  return [
    ...(lines[0] === '*' ? [] : ['.dockerignore must begin with `*`']),
    ...copied
      .filter((path) => !allowed.includes(path))
      .map((path) => `.dockerignore excludes ${path}`),
    ...allowed
      .filter((path) => !copied.includes(path))
      .map((path) => `${path} is sent to the builder and not used`),
  ]
}

/** Copies Node to where every user may run it. @returns the variable PATH */
async function installNode(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  cpSync(process.execPath, join(bin, 'node'))
  await output('chmod', ['755', join(bin, 'node')])
  return `${bin}:${process.env['PATH'] ?? ''}`
}

const placeOf = (folder: string, stage: string | null) => join(folder, stage ?? 'last')

async function build({ name, steps }: Stage, folder: string, path: string): Promise<void> {
  const place = placeOf(folder, name)
  mkdirSync(place)
  const env = { PATH: path, HOME: process.env['HOME'], npm_config_prefer_offline: 'true' }
  for (const step of steps) {
    if (step.kind === 'run') {
      await output('sh', ['-c', step.command], { cwd: place, env, timeoutMs: BUILD_MS })
      continue
    }
    const source = step.from === null ? ROOT : placeOf(folder, step.from)
    const target = step.paths.at(-1) ?? ''
    for (const from of step.paths.slice(0, -1))
      copy(source, place, from.replace(/^\/app\//, ''), target)
  }
}

/** A target that ends in a slash is a folder; otherwise it is the new name. */
function copy(source: string, place: string, from: string, target: string): void {
  const to = target.endsWith('/') ? join(place, target, from) : join(place, target)
  if (existsSync(to)) throw new Error(`COPY ${from}: ${target} already exists`)
  mkdirSync(dirname(to), { recursive: true })
  cpSync(join(source, from), to, { recursive: true, verbatimSymlinks: true })
}

/** Runs simulator and service from the image, its health check, and a clean stop. */
async function run(file: Dockerfile, place: string, path: string): Promise<string[]> {
  const [simulatorPort = 0, controlPort = 0, port = 0] = await findFreePorts(3)
  const [program = '', ...args] = file.entrypoint
  // Only root can change the user; otherwise the current user runs it.
  const as = process.getuid?.() === 0 ? USER : {}
  const log = join(dirname(place), 'run.log')
  const start = (
    name: string,
    url: string,
    words: readonly string[],
    settings: Readonly<Record<string, string>>,
  ) =>
    new ChildService(
      {
        name,
        url,
        logFile: log,
        command: () => ({
          program,
          args: [...args, ...words],
          env: { PATH: path, ...file.environment, HTTP_HOST: '127.0.0.1', ...settings },
          cwd: place,
          ...as,
        }),
        probe: answers(name === 'simulator' ? '/status' : '/readyz'),
        startMs: START_MS,
        stopMs: STOP_MS,
      },
      () => undefined,
    )
  const simulator = start(
    'simulator',
    `http://127.0.0.1:${controlPort}/${SIMULATOR_ID}`,
    [
      ...['simulator', '--port', String(simulatorPort)],
      ...['--control-port', String(controlPort), '--id', SIMULATOR_ID],
    ],
    {},
  )
  const service = start('service', `http://127.0.0.1:${port}`, [], {
    HTTP_PORT: String(port),
    DERIBIT_URL: `ws://127.0.0.1:${simulatorPort}/ws/api/v2`,
  })
  const [look = '', ...lookArgs] = file.healthCommand
  const isHealthy = async () => {
    const env = { PATH: path, ...file.environment, HTTP_PORT: String(port) }
    return (await problemsOf(look, lookArgs, { cwd: place, env })).length === 0
  }
  const problems: string[] = []
  try {
    if (await isHealthy()) problems.push('the health check passes without a service')
    await simulator.start()
    await service.start()
    if (!(await isHealthy())) problems.push('the health check fails for a ready service')
  } finally {
    for (const child of [service, simulator]) {
      const wasRunning = child.isRunning
      const { code, signal } = await child.stop()
      if (wasRunning && code !== 0) problems.push(`${child.name} stopped with ${code ?? signal}`)
    }
  }
  return problems
}
