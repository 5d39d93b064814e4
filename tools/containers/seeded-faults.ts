import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../ops/programs.ts'
import { CHECKS } from './checks.ts'
import type { Engine } from './engine.ts'
import { report, say, textOf } from './report.ts'
import { ContainerStack } from './stack.ts'

/** A fault of the project's files, and the check that has to fail because of it. */
interface SeededFault {
  readonly title: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly found: keyof typeof CHECKS | 'build'
  /** What the check must say: it could also fail for another reason. */
  readonly problem: RegExp
}

const COMPOSE = 'docker-compose.yml'

export const SEEDED_FAULTS: readonly SeededFault[] = [
  {
    title: 'network alias of the producer removed',
    file: COMPOSE,
    from: '    networks: { default: { aliases: [producer] } }\n',
    to: '',
    found: 'targets',
    problem: /http:\/\/producer:9464\/metrics: down/,
  },
  {
    title: 'user root',
    file: COMPOSE,
    from: 'user: node',
    to: 'user: root',
    found: 'contained',
    problem: /runs as root/,
  },
  {
    title: 'writable root file system',
    file: COMPOSE,
    from: 'read_only: true',
    to: 'read_only: false',
    found: 'contained',
    problem: /has a writable root/,
  },
  {
    title: 'wrong port inside: the collector of traces',
    file: COMPOSE,
    from: 'http://tempo:4318',
    to: 'http://tempo:4317',
    found: 'traces',
    problem: /Tempo has got no spans/,
  },
  {
    title: 'wrong published port: the live page',
    file: COMPOSE,
    from: '127.0.0.1:9464:9464',
    to: '127.0.0.1:9464:9474',
    found: 'page',
    problem: /127\.0\.0\.1:9464\/ does not answer/,
  },
  {
    title: 'image that ignores SIGTERM',
    file: 'Dockerfile',
    from: 'USER node\n',
    // Node ignores this signal, so Docker has to kill it.
    to: 'USER node\nSTOPSIGNAL SIGURG\n',
    found: 'stop',
    problem: /(producer|consumer)\S* ended with exit code 137/,
  },
  {
    title: 'folder of the dashboards not mounted',
    file: COMPOSE,
    from: '      - ./grafana/dashboards:/var/lib/grafana/dashboards:ro\n',
    to: '',
    found: 'healthy',
    problem: /grafana: .*exit code 1/,
  },
  {
    title: 'port published to other machines',
    file: COMPOSE,
    from: '127.0.0.1:9090:9090',
    to: '9090:9090',
    found: 'loopback',
    problem: /0\.0\.0\.0:9090 is open/,
  },
  {
    title: 'volume of an image not covered',
    file: COMPOSE,
    from: '    - /etc/kafka/secrets:uid=1000,gid=1000,size=1m\n',
    to: '',
    found: 'volumes',
    problem: /has no name of the project/,
  },
  {
    title: 'instruments in one partition only',
    file: COMPOSE,
    from: '${INSTRUMENTS:-any:any}',
    to: '${INSTRUMENTS:-BTC-PERPETUAL,ETH-PERPETUAL}',
    found: 'books',
    problem: /has no live book/,
  },
  {
    title: 'one address in the group of the consumers',
    file: COMPOSE,
    from: '      KAFKA_GROUP_ID: orderbook-exporter-all\n',
    to: '',
    found: 'books',
    problem: /9464 has no live book of/,
  },
  {
    title: 'misspelt setting',
    file: COMPOSE,
    from: 'BOOK_INTERVAL: ${BOOK_INTERVAL',
    to: 'BOOK_INTERVALS: ${BOOK_INTERVAL',
    found: 'healthy',
    problem: /producer-offline: .*exit code 2: BOOK_INTERVALS is unknown/,
  },
  {
    title: 'setting without effect',
    file: COMPOSE,
    from: 'BOOK_INTERVAL: ${BOOK_INTERVAL',
    // Too far from any setting to be an error; the service only warns of it.
    to: 'BOOK_REFRESH_RATE: ${BOOK_INTERVAL',
    found: 'settings',
    problem: /BOOK_REFRESH_RATE is unknown/,
  },
  {
    title: 'broker with the log levels of its image',
    file: 'kafka/log4j2.yaml',
    from: 'level: warn',
    to: 'level: info',
    found: 'quiet',
    problem: /lines, such as/,
  },
  {
    title: 'file that the build needs not copied',
    file: 'Dockerfile',
    from: 'COPY client client\n',
    to: '',
    found: 'build',
    problem: /scandir '\/app\/client'/,
  },
]

/** Files that image and stack are made from. */
const COPIED = [
  ...['Dockerfile', '.dockerignore', COMPOSE, '.env', 'offline.env', 'cluster.env'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'tsconfig.build.json'],
  ...[
    'src',
    'client',
    'web',
    'docs/runbooks',
    'tools/web',
    'kafka',
    'tempo',
    'prometheus',
    'grafana',
  ],
]

/**
 * Seeds each fault into a copy of the project and checks that the check which is meant to find it fails.
 * @param folder for the copies
 * @param wanted parts of titles; empty: all
 * @returns number of faults that were not found
 */
export async function runSeededFaults(
  engine: Engine,
  folder: string,
  wanted: readonly string[],
): Promise<number> {
  if (!(await buildsWithoutFault(engine, join(folder, 'seeded-none')))) return 1
  let missed = 0
  const faults = SEEDED_FAULTS.filter(
    ({ title }) => wanted.length === 0 || wanted.some((part) => title.includes(part)),
  )
  for (const [index, fault] of faults.entries()) {
    const copy = join(folder, `seeded-${index}`)
    copyProject(copy)
    seed(copy, fault)
    say(`seeded  ${fault.title}`)
    if (!(await isFound(new ContainerStack(engine, copy), fault))) {
      missed += 1
      say(`MISSED  ${fault.title}`)
    }
    rmSync(copy, { recursive: true })
  }
  return missed
}

/** Without this, a file that is missing in every copy would look like a fault that is found, or missed. */
async function buildsWithoutFault(engine: Engine, copy: string): Promise<boolean> {
  copyProject(copy)
  const stack = new ContainerStack(engine, copy)
  const problem = await report('build of a copy without a fault', () => stack.build())
  rmSync(copy, { recursive: true })
  return problem === null
}

function copyProject(copy: string): void {
  mkdirSync(join(copy, 'tools'), { recursive: true })
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true })
}

function seed(copy: string, { file, from, to }: SeededFault): void {
  const text = readFileSync(join(copy, file), 'utf8')
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
  writeFileSync(join(copy, file), text.replace(from, to))
}

async function isFound(stack: ContainerStack, fault: SeededFault): Promise<boolean> {
  const { found, problem } = fault
  const isExpected = (failure: unknown) => failure !== null && problem.test(textOf(failure))
  const built = await report('build of the image', () => stack.build())
  if (found === 'build') return isExpected(built)
  if (built !== null) return false
  try {
    // Some faults already fail the start; the check that is meant must say what is wrong all the same.
    await report('up', () => stack.up())
    for (const name of ['healthy', 'ready', found] as const) {
      const { title, run } = CHECKS[name]
      const failure = await report(title, () => run(stack))
      if (name === found) return isExpected(failure)
    }
    return false
  } finally {
    await stack.remove()
  }
}
