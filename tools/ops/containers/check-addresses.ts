import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { filesOf } from '../check-prometheus.ts'
import { ROOT } from '../programs.ts'
import { PROFILES, readCompose, type ComposeFile } from './compose-file.ts'
import { readDockerfile } from './dockerfile.ts'

/** Default ports of the images. */
const OWN_PORTS: Readonly<Record<string, readonly string[]>> = {
  prometheus: ['9090'],
  alertmanager: ['9093'],
  grafana: ['3000'],
  simulator: ['8090'],
}

/** Configured addresses, each with the service that uses it. */
type Reported = readonly [who: string, address: string]

/** Checks that names and ports in files and settings exist as services, in every profile. */
export async function checkAddresses(): Promise<string[]> {
  const ofFiles = [...prometheusTargets(), ...datasourceUrls()]
  const problems: string[] = []
  for (const profile of PROFILES) {
    const file = await readCompose(profile)
    const listening = new Set(listeners(file))
    const reported = [...ofFiles, ...settingsAddresses(file)]
    for (const [who, address] of reported) {
      if (!listening.has(address))
        problems.push(`${profile}: ${who}: no service listens on ${address}`)
    }
  }
  return problems
}

/** Every `name:port` that is reachable in the network of the stack. */
function listeners({ services }: ComposeFile): string[] {
  const { HTTP_PORT: servicePort = '' } = readDockerfile().environment
  return Object.entries(services).flatMap(([name, service]) => {
    const aliases = Object.values(service.networks ?? {}).flatMap(
      (network) => network?.aliases ?? [],
    )
    const isSimulator = service.command?.[0] === 'simulator'
    const isOwn = service.build !== undefined && !isSimulator
    const ports = isOwn
      ? [String(service.environment?.['HTTP_PORT'] ?? servicePort)]
      : (OWN_PORTS[name] ?? (name === 'tempo' ? tempoPorts() : []))
    const advertised = String(service.environment?.['KAFKA_ADVERTISED_LISTENERS'] ?? '')
    const ofKafka = [...advertised.matchAll(/:\/\/([^,]+)/g)].map(([, address = '']) => address)
    return [
      ...[name, ...aliases].flatMap((host) => ports.map((port) => `${host}:${port}`)),
      ...ofKafka,
    ]
  })
}

function tempoPorts(): string[] {
  const config = readYaml('tempo/tempo.yml') as {
    server: { http_listen_port: number }
    distributor: { receivers: { otlp: { protocols: { http: { endpoint: string } } } } }
  }
  const { endpoint } = config.distributor.receivers.otlp.protocols.http
  return [String(config.server.http_listen_port), new URL(`http://${endpoint}`).port]
}

function prometheusTargets(): Reported[] {
  interface Targets {
    static_configs: { targets: string[] }[]
  }
  const config = readYaml('prometheus/prometheus.yml') as {
    scrape_configs: Targets[]
    alerting: { alertmanagers: Targets[] }
  }
  const all = [...config.scrape_configs, ...config.alerting.alertmanagers]
  const targets = all.flatMap(({ static_configs }) =>
    static_configs.flatMap(({ targets }) => targets),
  )
  // Its own address.
  return targets
    .map((target) => target.replace(/^localhost:/, 'prometheus:'))
    .map((target) => ['prometheus.yml', target])
}

function datasourceUrls(): Reported[] {
  return filesOf('grafana/provisioning/datasources', '.yml').flatMap((path) => {
    const { datasources } = readYaml(path) as { datasources: { name: string; url: string }[] }
    return datasources.map(({ name, url }): Reported => [`datasource ${name}`, new URL(url).host])
  })
}

/** Settings that contain the address of another container. */
function settingsAddresses({ services }: ComposeFile): Reported[] {
  return Object.entries(services).flatMap(([name, { environment = {}, build }]) => {
    if (build === undefined) return []
    const { KAFKA_BROKERS = '', OTEL_EXPORTER_OTLP_ENDPOINT = '', DERIBIT_URL = '' } = environment
    const urls = [OTEL_EXPORTER_OTLP_ENDPOINT, DERIBIT_URL].map(String).filter((url) => url !== '')
    const addresses = [
      ...String(KAFKA_BROKERS)
        .split(',')
        .filter((broker) => broker !== ''),
      ...urls.map((url) => new URL(url).host),
    ]
    return addresses.map((address): Reported => [name, address])
  })
}

function readYaml(path: string): unknown {
  return parse(readFileSync(join(ROOT, path), 'utf8'))
}
