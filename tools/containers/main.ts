/**
 * `npm run check:containers`: builds the image with a real container engine, starts the whole compose stack and checks
 * it, in namespaces of its own. Skipped with its reason where no engine can run; on CI that is a failure.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pythonPackages } from '../../test/support/python-packages.ts'
import { isCi, ROOT } from '../ops/programs.ts'
import { type Check, CHECKS } from './checks.ts'
import { checkCluster } from './cluster.ts'
import { Engine, findEngineProblem, NAMESPACES } from './engine.ts'
import {
  checkCredentials,
  checkDemo,
  checkHostConsumer,
  checkReadmePython,
  checkWrongSetting,
} from './host-checks.ts'
import { makeImages } from './images.ts'
import { runStarts } from './repeated-starts.ts'
import { report, say } from './report.ts'
import { makeRootFileSystem } from './root-file-system.ts'
import { runSeededFaults } from './seeded-faults.ts'
import { ContainerStack } from './stack.ts'

const USAGE = `Builds the image with a real container engine, starts the compose stack and checks it.

  npm run check:containers -- [options]

  --seeded-faults          check the checks: each fault that is seeded into a copy of the project must be found
  --only WORDS             with --seeded-faults: only faults whose title contains the words; repeatable
  --cluster                start with three brokers, and kill one and two of them
  --starts N               start N times from nothing: every consumer ready, every book at one address
  --help                   this text

Needs root and docker.io, docker-compose, iptables, iproute2, Java, Maven, Prometheus and Alertmanager of
Debian, and the npm cache of an \`npm ci\`. No image is pulled: Grafana and Tempo are stand-ins.
`
const KAFKA_PYTHON = 'kafka-python==3.0.12'

type Step = [title: string, run: () => Promise<void>]

const { values } = parseArgs({
  options: {
    'seeded-faults': { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    cluster: { type: 'boolean', default: false },
    starts: { type: 'string' },
    help: { type: 'boolean', default: false },
    // Set by this program for itself in its namespaces.
    inside: { type: 'string' },
    packages: { type: 'string', default: '' },
  },
})

if (values.help) process.stdout.write(USAGE)
else if (values.inside === undefined) process.exitCode = await outside()
// Ends engine and containers too, as this is the first process of their namespace.
else process.exit(await inside(values.inside))

/** Prepares everything that needs the network, then runs itself in namespaces. */
async function outside(): Promise<number> {
  const problem = findEngineProblem()
  if (problem !== null) {
    say(isCi() ? `on CI nothing may be skipped: ${problem}` : `skipped: ${problem}`)
    return isCi() ? 1 : 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-containers-'))
  try {
    const packages = await pythonPackages(KAFKA_PYTHON)
    const packed = await report('root file system of the images', () =>
      makeRootFileSystem(join(folder, 'root'), say),
    )
    if (packed !== null) return 1
    const own = [fileURLToPath(import.meta.url), ...process.argv.slice(2)]
    const args = [...NAMESPACES, '--kill-child=SIGKILL', process.execPath, ...own]
    const child = spawn('unshare', [...args, '--inside', folder, '--packages', packages], {
      stdio: 'inherit',
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => child.kill('SIGKILL'))
    }
    return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The first process of the namespaces: when it ends, everything in them does. */
async function inside(folder: string): Promise<number> {
  const engine = new Engine(folder)
  const failures = [
    await report('container engine', () => engine.start()),
    await report('images', () => makeImages(engine, join(folder, 'root'))),
  ].filter((failure) => failure !== null)
  if (failures.length > 0) return 1
  if (values['seeded-faults'])
    return (await runSeededFaults(engine, folder, values.only)) === 0 ? 0 : 1
  if (values.cluster)
    return (await checkCluster(new ContainerStack(engine, ROOT, 'cluster.env'))) ? 0 : 1
  const stack = new ContainerStack(engine, ROOT)
  if (values.starts !== undefined)
    return (await runStarts(stack, Number(values.starts))) === 0 ? 0 : 1
  return (await checkStack(stack, folder)) ? 0 : 1
}

/** Checks the stack of this project from its start to its end. @returns whether everything passed */
async function checkStack(stack: ContainerStack, folder: string): Promise<boolean> {
  if ((await report('image, built without network', () => stack.build())) !== null) return false
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, 'no-secret\n', { mode: 0o644 })
  const { healthy, ready, stop, down, outage, ...others } = CHECKS
  const ofStack = (...checks: Check[]): Step[] =>
    checks.map(({ title, run }) => [title, () => run(stack)])
  // Steps of one line run at the same time: they only look, and most of them wait.
  const lines: Step[][] = [
    [
      ['`docker run IMAGE demo` prints an address that works', () => checkDemo(stack)],
      ['a wrong setting is named', () => checkWrongSetting(stack)],
      ['settings with credentials', () => checkCredentials(stack, secretFile)],
    ],
    [['up', () => stack.up()]],
    ofStack(healthy),
    ofStack(ready),
    [
      ...ofStack(...Object.values(others)),
      [
        'Python of the README reads the topic from outside',
        () => checkReadmePython(values.packages),
      ],
      ['a consumer outside has the books', () => checkHostConsumer()],
    ],
    ofStack(outage),
    ofStack(stop),
    ofStack(down),
  ]
  let isPassing = true
  for (const steps of lines) {
    const results = await Promise.all(steps.map(([title, run]) => report(title, run)))
    if (results.every((failure) => failure === null)) continue
    if (isPassing) say(await stack.logs())
    isPassing = false
  }
  return isPassing
}
