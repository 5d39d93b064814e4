import { fileURLToPath } from 'node:url'
import openapiTypescript, { astToString } from 'openapi-typescript'
import { buildHttpApp } from '../../src/http/app.ts'
import { createHttpMetrics } from '../../src/http/metrics.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { readVersion } from '../../src/runtime.ts'
import { systemClock } from '../../src/time/clock.ts'

/** Renders the OpenAPI document from a service without data. */
export async function renderApiDocument(): Promise<string> {
  const nothing = () => undefined
  const { app } = buildHttpApp(
    { token: null, tls: null },
    {
      version: readVersion(),
      clock: systemClock,
      logger: { error: nothing, warn: nothing, info: nothing, debug: nothing },
      metrics: createHttpMetrics(new MetricRegistry({ role: 'all' })),
      render: () => Promise.reject(new Error('there are no metrics')),
      snapshots: {
        imbalanceDepths: [],
        bandsBps: [],
        windowsMs: [],
        instruments: () => [],
        instrument: nothing,
        snapshot: nothing,
        summary: nothing,
        signals: () => undefined,
        signalAxes: null,
        foreignPartition: nothing,
      },
      pipeline: {
        refresh: () => Promise.resolve(),
        read() {
          throw new Error('there is no pipeline')
        },
      },
      page: { folder: '/', contentSecurityPolicy: '', problem: 'not built' },
      faults: null,
      checks: [],
      isAlive: () => true,
    },
  )
  const { body } = await app.inject('/openapi.json')
  await app.close()
  return body
}

const HEADER = `// Generated from the schemas of the routes by \`npm run docs:generate\`; do not edit.

`

/** Generates the client types from the same document. */
export async function renderClientTypes(): Promise<string> {
  const nodes = await openapiTypescript(await renderApiDocument(), {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    alphabetize: true,
    defaultNonNullable: false,
  })
  return HEADER + astToString(nodes)
}
