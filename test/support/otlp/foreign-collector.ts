import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'
import { needs } from '../needs.ts'
import { pythonPackages } from '../python-packages.ts'
import { startProcess } from '../start-process.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Whether the collector of OpenTelemetry is built and used: `npm run test:collector`. */
const IS_FULL = process.env['RUN_COLLECTOR_TESTS'] === '1'
const SOURCES = fileURLToPath(new URL('collector', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../../.cache/collector/collector', import.meta.url))
const SCRIPT = fileURLToPath(new URL('foreign_collector.py', import.meta.url))
const BUILD_MS = 900_000
const PACKAGES = ['grpcio==1.85.3', 'opentelemetry-proto==1.45.2']

export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
type Protocol = (typeof PROTOCOLS)[number]

/** A span as a collector writes it; ids in hexadecimal. */
export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface Line {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[]
  }[]
}

/**
 * Options for tests with a collector that nobody here wrote: a program of the official Python packages, or with
 * RUN_COLLECTOR_TESTS=1 the collector of OpenTelemetry, whose first build takes minutes.
 */
export const needsForeignCollector = () => needs(IS_FULL ? 'go' : 'python')
/** How long its start may take, with its build. */
export const FOREIGN_COLLECTOR_MS = IS_FULL ? BUILD_MS : 300_000

/** Starts the collector; it ends with the test, or with the file if called from a hook. */
export async function startForeignCollector() {
  const [grpcPort, httpPort] = [await freePort(), await freePort()]
  const folder = temporaryFolder()
  const file = join(folder, 'traces.jsonl')
  writeFileSync(file, '')
  if (IS_FULL) startCollector(grpcPort, httpPort, file)
  else await startPython(grpcPort, httpPort, file)
  for (const port of [grpcPort, httpPort]) await eventually(() => accepts(port))
  const lines = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      // The last one may be half written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
  const resourceSpans = () => lines().flatMap((line) => line.resourceSpans)
  return {
    endpointFor: (protocol: Protocol) =>
      `http://127.0.0.1:${protocol === 'grpc' ? grpcPort : httpPort}`,
    /** The spans of a trace, in any order. */
    trace: (traceId: string): CollectedSpan[] =>
      resourceSpans()
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .filter((span) => span.traceId === traceId),
    /** Values of an attribute of the resources, each once. */
    resourceValues: (key: string): string[] => [
      ...new Set(
        resourceSpans()
          .flatMap(({ resource }) => resource.attributes.filter((one) => one.key === key))
          .map(({ value }) => value.stringValue ?? ''),
      ),
    ],
  }
}

function startCollector(grpcPort: number, httpPort: number, file: string): void {
  const build = spawnSync('go', ['build', '-o', PROGRAM, '.'], {
    cwd: SOURCES,
    encoding: 'utf8',
    timeout: BUILD_MS,
  })
  if (build.status !== 0) throw new Error(`go build: ${build.error?.message ?? build.stderr}`)
  const config = `${file}.yaml`
  writeFileSync(
    config,
    stringify({
      receivers: {
        otlp: {
          protocols: {
            grpc: { endpoint: `127.0.0.1:${grpcPort}` },
            http: { endpoint: `127.0.0.1:${httpPort}` },
          },
        },
      },
      exporters: { file: { path: file, flush_interval: '100ms' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
      },
    }),
  )
  startProcess(PROGRAM, ['--config', config])
}

async function startPython(grpcPort: number, httpPort: number, file: string): Promise<void> {
  const folders = await Promise.all(PACKAGES.map((requirement) => pythonPackages(requirement)))
  startProcess('python3', [SCRIPT, String(grpcPort), String(httpPort), file], {
    env: { ...process.env, PYTHONPATH: folders.join(':') },
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
