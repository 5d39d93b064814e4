import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { needs } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CHART = join(ROOT, 'deploy/helm/orderbook-exporter')
const BUILD_MS = 900_000
const HELM = 'helm.sh/helm/v4/cmd/helm@v4.3.2'
const HELM_FOLDER = join(ROOT, '.cache/helm')
const VALUE_SETS = ['small', 'secured', 'large']
/** Objects of the Prometheus operator, whose schemas are not those of Kubernetes. */
const CUSTOM = ['ServiceMonitor', 'PrometheusRule']

interface Variable {
  name: string
  value?: string
  valueFrom?: { secretKeyRef?: { key: string }; fieldRef?: { fieldPath: string } }
}
interface Container {
  name: string
  image: string
  args?: string[]
  env: Variable[]
  securityContext: Record<string, unknown>
  resources: { requests?: object; limits?: object }
}
interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string> }
  spec?: {
    groups?: unknown[]
    /** Of a Service: labels; of others: `matchLabels`. */
    selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>
    template?: {
      metadata: { labels: Record<string, string> }
      spec: {
        containers: Container[]
        securityContext: Record<string, unknown>
        volumes: { name: string; secret?: { secretName: string } }[]
      }
    }
  }
  data?: Record<string, string>
}

const valuesOf = (name: string) => join(CHART, 'ci', `${name}-values.yaml`)
const helm = (...args: string[]) => spawnSync(join(HELM_FOLDER, 'helm'), args, { encoding: 'utf8' })

function render(name: string, ...more: string[]): KubernetesObject[] {
  const { status, stdout, stderr } = helm(
    ...[
      'template',
      'books',
      CHART,
      '--values',
      valuesOf(name),
      '--kube-version',
      '1.34.0',
      ...more,
    ],
  )
  expect([status, stderr]).toEqual([0, ''])
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
}

const containersOf = (objects: readonly KubernetesObject[]) =>
  objects.flatMap(({ spec }) => spec?.template?.spec.containers ?? [])

/** The variables of a container, with files in place of the secrets that it mounts. */
function environmentOf(container: Container, folder: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const { name, value, valueFrom } of container.env) {
    const text = value ?? (valueFrom?.fieldRef === undefined ? 'a-secret' : '0')
    values.set(
      name,
      text
        .replaceAll(/\$\(([A-Z_]+)\)/g, (_whole, other: string) => values.get(other) ?? '')
        .replace('/run/secrets/', `${folder}/`),
    )
  }
  return Object.fromEntries(values)
}

function secretFiles(): string {
  const folder = temporaryFolder()
  const certificate = join(folder, 'kafka')
  for (const name of ['kafka', 'deribit', 'http']) mkdirSync(join(folder, name))
  const key = ['-nodes', '-newkey', 'rsa:2048', '-keyout', join(certificate, 'tls.key')]
  const made = ['-x509', '-subj', '/CN=test', '-days', '1', '-out', join(certificate, 'tls.crt')]
  execFileSync('openssl', ['req', ...made, ...key], { stdio: 'ignore' })
  execFileSync('cp', [join(certificate, 'tls.crt'), join(certificate, 'ca.crt')])
  for (const path of ['kafka/password', 'deribit/client-secret', 'http/token']) {
    writeFileSync(join(folder, path), 'a-secret-of-sixteen-characters')
  }
  return folder
}

describe('the Helm chart', needs('go', 'python', 'openssl'), () => {
  beforeAll(() => {
    // From the module, as no image and no binary can be relied on; the compiler's cache makes it quick.
    execFileSync('go', ['install', HELM], {
      env: { ...process.env, GOBIN: HELM_FOLDER, GOFLAGS: '-mod=mod' },
      stdio: 'ignore',
      timeout: BUILD_MS,
    })
  }, BUILD_MS + 10_000)

  it.each(VALUE_SETS)('passes lint with the values of %s', (name) => {
    const { status, stdout } = helm('lint', '--strict', CHART, '--values', valuesOf(name))
    expect([status, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')])
  })

  it('has value sets for all cases', () => {
    expect(readdirSync(join(CHART, 'ci')).toSorted()).toEqual(
      VALUE_SETS.map((name) => `${name}-values.yaml`).toSorted(),
    )
  })

  it.each(VALUE_SETS)('renders objects that Kubernetes accepts: %s', async (name) => {
    const packages = await pythonPackages('kubernetes-validate==1.34.0')
    const objects = render(name)
    const known = objects.filter(({ kind }) => !CUSTOM.includes(kind))
    expect(known.length).toBeGreaterThanOrEqual(5)
    const file = join(temporaryFolder(), 'objects.json')
    writeFileSync(file, JSON.stringify(known))
    const script = [
      'import json, sys, kubernetes_validate as kv',
      'for item in json.load(open(sys.argv[1])):',
      "    kv.validate(item, '1.33', strict=True)",
    ].join('\n')
    const { status, stderr } = spawnSync('python3', ['-c', script, file], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: packages },
    })
    expect([status, stderr]).toEqual([0, ''])
  })

  it.each(VALUE_SETS)('starts the service with settings that it accepts: %s', (name) => {
    const folder = secretFiles()
    const containers = containersOf(render(name))
    const served = name === 'small' ? [] : ['consumer-all']
    expect(containers.map((container) => container.name).toSorted()).toEqual([
      'consumer',
      ...served,
      'producer',
    ])
    for (const container of containers) {
      // SHARD_INDEX and POD_NAME are read by the chart alone, and have no prefix of ours.
      const environment = environmentOf(container, folder)
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(ROOT, 'src/cli.ts'), ...(container.args ?? []), '--check-config', '--strict'],
        { encoding: 'utf8', env: { PATH: process.env['PATH'], ...environment } },
      )
      expect([container.name, status, stderr]).toEqual([container.name, 0, ''])
    }
  })

  it.each(VALUE_SETS)('runs without root, capabilities and a writable root: %s', (name) => {
    const objects = render(name)
    for (const container of containersOf(objects)) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container.resources.limits).toHaveProperty('memory')
    }
    for (const { spec } of objects) {
      if (spec?.template === undefined) continue
      expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true })
      // A selector that does not match its own pods would start none.
      expect(spec.template.metadata.labels).toMatchObject(spec.selector?.matchLabels ?? {})
    }
  })

  it.each([
    ['consumer-all', 'large'],
    ['consumer', 'small'],
  ])('has one address, of %s, with the values of %s', (component, name) => {
    const objects = render(name)
    const [address, scraped] = objects.filter(({ kind }) => kind === 'Service')
    const podsOf = (service: KubernetesObject | undefined) =>
      objects
        .filter(({ spec }) => spec?.template !== undefined)
        .map(({ spec }) => spec?.template?.metadata.labels ?? {})
        .filter((labels) =>
          Object.entries(service?.spec?.selector ?? {}).every(
            ([key, value]) => labels[key] === value,
          ),
        )
        .map((labels) => labels['app.kubernetes.io/component'])
    expect(podsOf(address)).toEqual([component])
    // A book that two pods export would count twice.
    expect(podsOf(scraped)).toEqual(['consumer', 'producer'])
  })

  it('lets each pod of the one address read every partition', () => {
    const all = containersOf(render('large')).find(({ name }) => name === 'consumer-all') ?? never()
    expect(environmentOf(all, '')['KAFKA_GROUP_ID']).toBe('orderbook-exporter-all-0')
    expect(all.env.find(({ name }) => name === 'POD_NAME')?.valueFrom?.fieldRef?.fieldPath).toBe(
      'metadata.name',
    )
  })

  it('lets only the members of one group write the topic of numbers, and none by default', () => {
    const writers = (name: string) =>
      containersOf(render(name))
        .filter((container) => environmentOf(container, '')['KAFKA_NUMBERS_TOPIC'] !== undefined)
        .map((container) => [container.name, environmentOf(container, '')['KAFKA_NUMBERS_TOPIC']])
    expect(writers('large')).toEqual([['consumer', 'numbers']])
    expect(writers('small')).toEqual([])
  })

  it('has an instrument in every partition by default', () => {
    const { deribit, kafka } = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as {
      deribit: { instruments: string[] }
      kafka: { partitions: number }
    }
    const taken = deribit.instruments.map((name) => partitionOfKey(name, kafka.partitions))
    expect(new Set(taken).size).toBe(kafka.partitions)
  })

  it('gives each shard its part of the instruments', () => {
    const producer = containersOf(render('large')).find(({ name }) => name === 'producer')
    expect(environmentOf(producer ?? never(), '')['PRODUCER_SHARD']).toBe('0/3')
  })

  it('holds every group of rules and every dashboard', () => {
    const objects = render('large')
    const groups = objects.filter(({ kind }) => kind === 'PrometheusRule')
    expect(groups).toHaveLength(readdirSync(join(ROOT, 'prometheus/rules')).length)
    for (const { spec } of groups) expect(spec?.groups?.length).toBeGreaterThan(0)
    const files = objects.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data ?? {})
    const dashboards = readdirSync(join(ROOT, 'grafana/dashboards'))
    expect(files).toHaveLength(dashboards.filter((name) => name.endsWith('.json')).length)
    for (const file of files) {
      for (const text of Object.values(file)) expect(JSON.parse(text)).toHaveProperty('panels')
    }
  })

  it.each([
    ['no broker', ['kafka.brokers=null'], 'brokers'],
    ['an unknown value', ['kafka.broker=a:1'], "additional properties 'broker' not allowed"],
    ['a broker without a port', ['kafka.brokers={kafka}'], '/kafka/brokers/0'],
    ['no shard', ['producer.shards=0'], '/producer/shards'],
    ['SASL without a secret', ['kafka.saslMechanism=plain'], 'kafka.existingSecret is required'],
  ])('refuses %s and names it', (_why, values, named) => {
    const { status, stderr } = helm(
      ...['template', 'books', CHART, '--values', valuesOf('small')],
      ...values.flatMap((value) => ['--set', value]),
    )
    expect([status, stderr]).toEqual([1, expect.stringContaining(named)])
  })
})

function never(): never {
  throw new Error('no such container')
}
