import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import {
  FOREIGN_COLLECTOR_MS,
  needsForeignCollector,
  PROTOCOLS,
  startForeignCollector,
} from '../support/otlp/foreign-collector.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const PUBLISHED = '_pipeline_lag_seconds_bucket{stage=receive_to_publish,'

describe('a collector of other people', needsForeignCollector(), () => {
  let collector: Awaited<ReturnType<typeof startForeignCollector>>
  let market: Readonly<Record<string, string>>

  beforeAll(async () => {
    collector = await startForeignCollector()
    const simulator = await startSimulator({ instruments: 2, ratePerSecond: 20 })
    market = { DERIBIT_URL: simulator.url, INSTRUMENTS: simulator.instruments.join(',') }
  }, FOREIGN_COLLECTOR_MS)

  it.each(PROTOCOLS)('has the trace of an exemplar in /metrics by %s', async (protocol) => {
    const service = await startService({
      ...market,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpointFor(protocol),
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_TRACES_SAMPLER: 'always_on',
    })
    const id = await eventually(async () => {
      const { exemplars } = await service.metrics(OPENMETRICS)
      const [found] = [...exemplars].filter(([series]) => series.includes(PUBLISHED))
      return found?.[1].traceId ?? false
    })
    const trace = await eventually(() => {
      const spans = collector.trace(id)
      return spans.length === 4 && spans
    })
    const idOf = (name: string) => trace.find((span) => span.name === name)?.spanId
    expect(new Map(trace.map(({ name, parentSpanId = '' }) => [name, parentSpanId]))).toEqual(
      new Map([
        ['receive', ''],
        ['send prices', idOf('receive')],
        ['process prices', idOf('send prices')],
        ['publish', idOf('process prices')],
      ]),
    )
    expect(collector.resourceValues('service.name')).toEqual(['orderbook-exporter'])
    // One of the process, so that two consumers are distinguished.
    expect(collector.resourceValues('service.instance.id')).toEqual([
      expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    ])
  })
})
