import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../ops/programs.ts'
import { CHECKS } from './checks.ts'
import type { Engine } from './engine.ts'
import { report, say } from './report.ts'
import { ContainerStack } from './stack.ts'

/** A fault of the project's files, and the check that has to fail because of it. */
interface SeededFault {
  readonly title: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly found: keyof typeof CHECKS | 'build'
}

const COMPOSE = 'docker-compose.yml'

const SEEDED_FAULTS: readonly SeededFault[] = [
  {
    title: 'network alias of the producer removed',
    file: COMPOSE,
    from: '    networks: { default: { aliases: [producer] } }\n',
    to: '',
    found: 'targets',
  },
  {
    title: 'user root',
    file: COMPOSE,
    from: "user: '65534:65534'",
    to: "user: '0:0'",
    found: 'contained',
  },
  {
    title: 'writable root file system',
    file: COMPOSE,
    from: 'read_only: true',
    to: 'read_only: false',
    found: 'contained',
  },
  {
    title: 'wrong port inside: the collector of traces',
    file: COMPOSE,
    from: 'http://tempo:4318',
    to: 'http://tempo:4317',
    found: 'traces',
  },
  {
    title: 'wrong published port: the live page',
    file: COMPOSE,
    from: '127.0.0.1:9464:9464',
    to: '127.0.0.1:9464:9474',
    found: 'page',
  },
  {
    title: 'image that ignores SIGTERM',
    file: 'Dockerfile',
    from: 'USER node\n',
    // Node ignores this signal, so Docker has to kill it.
    to: 'USER node\nSTOPSIGNAL SIGURG\n',
    found: 'stop',
  },
  {
    title: 'folder of the dashboards not mounted',
    file: COMPOSE,
    from: '      - ./grafana/dashboards:/var/lib/grafana/dashboards:ro\n',
    to: '',
    found: 'healthy',
  },
  {
    title: 'port published to other machines',
    file: COMPOSE,
    from: '127.0.0.1:9090:9090',
    to: '9090:9090',
    found: 'loopback',
  },
  {
    title: 'volume of an image not covered',
    file: COMPOSE,
    from: '      - /etc/kafka/secrets:uid=1000,gid=1000,size=1m\n',
    to: '',
    found: 'volumes',
  },
  {
    title: 'instruments in one partition only',
    file: COMPOSE,
    from: '${INSTRUMENTS:-any:any}',
    to: '${INSTRUMENTS:-BTC-PERPETUAL,ETH-PERPETUAL}',
    found: 'books',
  },
  {
    title: 'one address in the group of the consumers',
    file: COMPOSE,
    from: '      KAFKA_GROUP_ID: orderbook-exporter-all\n',
    to: '',
    found: 'books',
  },
  {
    title: 'misspelt setting',
    file: COMPOSE,
    from: 'BOOK_INTERVAL: ${BOOK_INTERVAL',
    to: 'BOOK_INTERVALS: ${BOOK_INTERVAL',
    found: 'settings',
  },
  {
    title: 'broker with the log levels of its image',
    file: 'kafka/log4j2.yaml',
    from: 'level: warn',
    to: 'level: info',
    found: 'quiet',
  },
  {
    title: 'file that the build needs not copied',
    file: 'Dockerfile',
    from: 'COPY client client\n',
    to: '',
    found: 'build',
  },
]

/** Files that image and stack are made from. */
const COPIED = [
  ...['Dockerfile', '.dockerignore', COMPOSE, '.env', 'offline.env'],
  ...['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'tsconfig.build.json'],
  ...['src', 'client', 'web', 'tools/web', 'kafka', 'tempo', 'prometheus', 'grafana'],
]

/**
 * Seeds each fault into a copy of the project and checks that the check which is meant to find it fails.
 * @param folder for the copies
 * @param wanted part of the titles; empty: all
 * @returns number of faults that were not found
 */
export async function runSeededFaults(
  engine: Engine,
  folder: string,
  wanted: string,
): Promise<number> {
  let missed = 0
  const faults = SEEDED_FAULTS.filter(({ title }) => title.includes(wanted))
  for (const [index, fault] of faults.entries()) {
    const copy = join(folder, `seeded-${index}`)
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

function seed(copy: string, { file, from, to }: SeededFault): void {
  mkdirSync(join(copy, 'tools'), { recursive: true })
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true })
  const text = readFileSync(join(copy, file), 'utf8')
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
  writeFileSync(join(copy, file), text.replace(from, to))
}

async function isFound(stack: ContainerStack, { found }: SeededFault): Promise<boolean> {
  const built = await report('build of the image', () => stack.build())
  if (found === 'build') return built !== null
  if (built !== null) return false
  try {
    // Some faults already fail the start.
    await report('up', () => stack.up())
    const { title, run } = CHECKS[found]
    return (await report(title, () => run(stack))) !== null
  } finally {
    await stack.remove()
  }
}
