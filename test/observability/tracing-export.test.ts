import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { SCHEMA_URL } from '../../src/observability/tracing/sdk.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, BTC_GROUPED } from '../support/frames.ts'
import { startOtlpReceiver } from '../support/otlp/otlp-receiver.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { addSpan, NOW_MS, tracingTo, VERSION } from './tracing-fixture.ts'

describe('the export of spans', () => {
  it.each(['http/protobuf', 'http/json'])(
    'exports a span with its ids, times, status and resource by %s',
    async (protocol) => {
      const receiver = await startOtlpReceiver()
      const part = await tracingTo(receiver.endpoint, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
      addSpan(part)
      await part.tracing.stop(10_000)
      expect(receiver.problems).toEqual([])
      expect(receiver.spans).toEqual([
        {
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
          spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
          parentSpanId: '',
          isParentRemote: false,
          name: 'receive',
          kind: 'SPAN_KIND_INTERNAL',
          startTimeMs: NOW_MS + 0.25,
          endTimeMs: NOW_MS + 0.25,
          attributes: {
            'orderbook.instrument': BTC,
            'orderbook.channel': BTC_GROUPED,
            'orderbook.change_id': 7,
            'orderbook.exchange_time_ms': NOW_MS,
            'error.type': 'timeout',
          },
          links: [],
          status: 'STATUS_CODE_ERROR',
          resource: expect.objectContaining({
            'service.name': 's',
            'service.version': VERSION,
            'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
            'orderbook.role': 'all',
            'host.name': expect.any(String) as unknown,
            'process.pid': process.pid,
          }) as unknown,
          schemaUrl: SCHEMA_URL,
        },
      ])
      expect(part.counts).toEqual({ spans: 1, dropped: 0, failures: 0 })
    },
  )

  it('lets the standard variables name the resource, and the limits of a span', async () => {
    const receiver = await startOtlpReceiver()
    const part = await tracingTo(receiver.endpoint, {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=a%20test,service.version=9',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
      OTEL_NODE_RESOURCE_DETECTORS: 'service',
    })
    addSpan(part)
    await part.tracing.stop(10_000)
    const [span] = receiver.spans
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(2)
    expect(span?.resource).toMatchObject({
      'deployment.environment': 'a test',
      'service.version': '9',
      'service.name': 'mine',
    })
    expect(span?.resource).not.toHaveProperty(['host.name'])
  })

  it('reads exporter, limits and sampler from a configuration file', async () => {
    const receiver = await startOtlpReceiver()
    const folder = temporaryFolder()
    const file = (sampler: string) => {
      const path = join(folder, `${sampler}.yaml`)
      const exporter = `{ otlp_http: { endpoint: "${receiver.endpoint}/v1/traces" } }`
      writeFileSync(
        path,
        [
          'file_format: "1.0"',
          'tracer_provider:',
          `  sampler: { ${sampler}: {} }`,
          `  processors: [{ simple: { exporter: ${exporter} } }]`,
        ].join('\n'),
      )
      return path
    }
    for (const [sampler, expected] of [
      ['always_off', 0],
      ['always_on', 1],
    ] as const) {
      const part = await tracingTo(receiver.endpoint, { OTEL_CONFIG_FILE: file(sampler) })
      addSpan(part)
      await part.tracing.stop(10_000)
      expect(receiver.spans).toHaveLength(expected)
      expect(part.counts.spans).toBe(expected)
    }
  })

  it('leaves the environment and the global registry of OpenTelemetry as they were', async () => {
    const receiver = await startOtlpReceiver()
    const before = { ...process.env }
    const part = await tracingTo(receiver.endpoint)
    expect(process.env).toEqual(before)
    expect(trace.getTracer('other').startSpan('other').isRecording()).toBe(false)
    await part.tracing.stop(10_000)
  })

  it('accepts invalid times, because a record may contain any', async () => {
    const receiver = await startOtlpReceiver()
    const part = await tracingTo(receiver.endpoint)
    addSpan(part, -1)
    await part.tracing.stop(10_000)
    expect(receiver.spans.map(({ startTimeMs, endTimeMs }) => [startTimeMs, endTimeMs])).toEqual([
      [0, 0],
    ])
  })

  it('queues a bounded number of spans for a collector that does not answer, and counts the dropped ones', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(0)
    const part = await tracingTo(receiver.endpoint)
    for (let index = 0; index < 250; index += 1) addSpan(part)
    await eventually(() => receiver.requests() > 0)
    part.clock.advance(1000)
    // 100 in the queue and 10 that are being exported.
    await eventually(() => part.counts.dropped === 140)
    expect(part.counts).toEqual({ spans: 250, dropped: 140, failures: 0 })
  })

  it('waits at most five seconds for the last export, less if less time is left', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(0)
    for (const [timeoutMs, expectedMs] of [
      [60_000, 5000],
      [300, 300],
    ] as const) {
      const part = await tracingTo(receiver.endpoint)
      addSpan(part)
      let isStopped = false
      const before = receiver.requests()
      const stopped = part.tracing.stop(timeoutMs).then(() => {
        isStopped = true
      })
      await eventually(() => receiver.requests() > before)
      part.clock.advance(expectedMs - 1)
      await new Promise((resolve) => setImmediate(resolve))
      expect(isStopped).toBe(false)
      part.clock.advance(1)
      // The export itself times out much later.
      await new Promise((resolve) => setImmediate(resolve))
      expect(isStopped).toBe(true)
      await stopped
    }
  })

  it('samples nothing before its start and after its stop', async () => {
    const receiver = await startOtlpReceiver()
    const part = await tracingTo(receiver.endpoint)
    await part.tracing.stop(1000)
    addSpan(part)
    expect(part.counts).toEqual({ spans: 0, dropped: 0, failures: 0 })
    expect(receiver.requests()).toBe(0)
  })

  it('counts and logs a refused export, and continues', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(400)
    const part = await tracingTo(receiver.endpoint)
    addSpan(part)
    await eventually(() => part.counts.failures === 1)
    part.clock.advance(1000)
    await eventually(() => part.counts.dropped === 1)
    expect(part.logger.lines).toMatchObject([
      { level: 'warn', message: 'spans could not be exported' },
    ])
    receiver.answer(200)
    addSpan(part)
    await eventually(() => receiver.spans.length === 1)
    await part.tracing.stop(10_000)
  })

  it('counts and logs a last export that fails', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(400)
    const part = await tracingTo(receiver.endpoint, { OTEL_BSP_SCHEDULE_DELAY: '60000' })
    addSpan(part)
    await part.tracing.stop(10_000)
    expect(part.counts.failures).toBe(1)
  })
})
