import { describe, expect, it } from 'vitest'
import { serviceProblems } from '../../../tools/ops/containers/check-compose.ts'
import type { ComposeFile, ComposeService } from '../../../tools/ops/containers/compose-file.ts'

const CONTAINED: ComposeService = {
  image: 'prom/prometheus:v3.14.0',
  user: '65534:65534',
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  cpus: 1,
  mem_limit: '1g',
  pids_limit: 256,
  restart: 'on-failure:5',
  stop_grace_period: '15s',
  logging: { options: { 'max-size': '10m' } },
  healthcheck: { test: ['CMD', 'promtool'] },
  volumes: [`${process.cwd()}/prometheus:/etc/prometheus:ro`, 'data:/prometheus:rw'],
  ports: ['127.0.0.1:9090:9090/tcp'],
  depends_on: { other: { condition: 'service_healthy' } },
}

const OURS = 'orderbook-exporter:0.1.0'

/** The service without some of its keys. */
function without(...words: (keyof ComposeService)[]): ComposeService {
  const kept = Object.entries(CONTAINED).filter(
    ([name]) => !words.includes(name as keyof ComposeService),
  )
  return Object.fromEntries(kept)
}

function problemsOf(change: Partial<ComposeService>, other: ComposeService = CONTAINED): string[] {
  const prometheus = { ...CONTAINED, ...change }
  const file: ComposeFile = { services: { prometheus, other }, volumes: { data: {} } }
  return serviceProblems('prometheus', prometheus, file)
}

describe('a service of docker-compose.yml', () => {
  it('has no problems where it is restricted', () => {
    expect(problemsOf({})).toEqual([])
  })

  it.each<[Partial<ComposeService>, string]>([
    [{ user: 'root' }, 'runs as root'],
    [{ user: '0:0' }, 'runs as root'],
    [{ read_only: false }, 'has a writable root file system'],
    [{ cap_drop: ['NET_RAW'] }, 'keeps capabilities'],
    [{ security_opt: [] }, 'may gain privileges'],
    [{ stop_grace_period: '10s' }, 'has no stop grace period of 15s'],
    [{ logging: {} }, 'has no limit of its log size'],
    [{ image: 'prom/prometheus:latest' }, 'prom/prometheus:latest is not pinned to a version'],
    [{ image: 'prom/prometheus' }, 'prom/prometheus is not pinned to a version'],
    [
      { build: { context: '.' }, pull_policy: 'build' },
      'prom/prometheus:v3.14.0 is not our version',
    ],
    [{ build: { context: '.' }, image: OURS }, 'does not run changed code'],
    [{ restart: 'unless-stopped' }, 'does not restart on-failure:5'],
    [{ volumes: ['/nowhere:/x:ro'] }, '/nowhere is mounted and does not exist'],
    [{ volumes: [`${process.cwd()}/prometheus:/x:rw`] }, '/x of the project is writable'],
    [{ volumes: ['lost:/x:rw'] }, 'volume lost is not declared'],
    [{ secrets: [{ source: 'key' }] }, 'secret key is not there'],
    [{ ports: ['9090:9090/tcp'] }, 'publishes 9090:9090/tcp to other machines'],
    [
      { depends_on: { other: { condition: 'service_started' } } },
      'does not wait until other is healthy',
    ],
    [
      { depends_on: { nobody: { condition: 'service_healthy' } } },
      'waits for nobody, which does not exist or has no health check',
    ],
  ])('is reported with its problem: %j', (change, problem) => {
    expect(problemsOf(change)).toEqual([problem])
  })

  it('is reported without limits or health check', () => {
    const unbound = without('cpus', 'mem_limit', 'pids_limit', 'healthcheck')
    const file: ComposeFile = {
      services: { prometheus: unbound, other: CONTAINED },
      volumes: { data: {} },
    }
    expect(serviceProblems('prometheus', unbound, file)).toEqual([
      'has no memory limit',
      'has no CPU limit',
      'has no limit of processes',
      'has no health check',
    ])
  })
})
