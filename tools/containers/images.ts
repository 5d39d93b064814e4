import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { readKafkaVersion } from '../kafka/kafka-jars.ts'
import { output, ROOT } from '../ops/programs.ts'
import { CLIENT, type Engine } from './engine.ts'

const BASE = 'local/root'
const PACK_MS = 240_000

/**
 * Makes the images that the project takes from others, from one root file system. Node and Kafka get the versions of
 * the tests, so that a Dockerfile or a docker-compose.yml with others finds no image.
 * @param root root file system, removed afterwards
 */
export async function makeImages(engine: Engine, root: string): Promise<void> {
  const pack = `tar -C "${root}" -c . | ${CLIENT} import - ${BASE}`
  await output('bash', ['-o', 'pipefail', '-c', pack], {
    env: engine.environment,
    timeoutMs: PACK_MS,
  })
  rmSync(root, { recursive: true })
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), {
    merge: true,
  }) as { services: Readonly<Record<string, { image: string }>> }
  const imageOf = (service: string) => services[service]?.image ?? service
  const images: Readonly<Record<string, string>> = {
    [`node:${readNodeVersion()}-bookworm-slim`]:
      'ENV NPM_CONFIG_OFFLINE=true NPM_CONFIG_CACHE=/opt/npm-cache',
    [`apache/kafka:${await readKafkaVersion()}`]:
      'USER 1000\nVOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]\nCMD ["/etc/kafka/docker/run"]',
    [imageOf('prometheus')]:
      'USER 65534\nVOLUME ["/prometheus"]\nWORKDIR /prometheus\nENTRYPOINT ["/bin/prometheus"]',
    [imageOf('alertmanager')]:
      'USER 65534\nVOLUME ["/alertmanager"]\nWORKDIR /alertmanager\nENTRYPOINT ["/bin/alertmanager"]',
    [imageOf('tempo')]: 'USER 10001\nENTRYPOINT ["node", "/opt/tempo.cjs"]',
    [imageOf('grafana')]: 'USER 472\nENTRYPOINT ["node", "/opt/grafana.cjs"]',
  }
  const context = join(dirname(root), 'context')
  mkdirSync(context)
  for (const [name, instructions] of Object.entries(images)) {
    writeFileSync(join(context, 'Dockerfile'), `FROM ${BASE}\n${instructions}\n`)
    await engine.docker(['build', '--quiet', '--tag', name, context])
  }
}

/** Version of Node that the tests run on. */
function readNodeVersion(): string {
  const text = readFileSync(join(ROOT, 'node_modules', 'node', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
