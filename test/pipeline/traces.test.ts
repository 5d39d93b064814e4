import { Kafka } from 'kafkajs'
import { beforeEach, describe, expect, it } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { startOtlpReceiver, type ReceivedSpan } from '../support/otlp/otlp-receiver.ts'
import { startProgram } from './running-program.ts'
import { startService, startSimulator, type Reader } from './running-service.ts'

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0'
const BTC = 'BTC-PERPETUAL'
const SPANS = 'orderbook_trace_spans_total{}'

type Receiver = Awaited<ReturnType<typeof startOtlpReceiver>>
let receiver: Receiver

beforeEach(async () => {
  receiver = await startOtlpReceiver()
})

/** Settings of a service with tracing and a short export interval. */
const traced = (more: Readonly<Record<string, string>>) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  // High limit, so that only tests cause slow updates.
  TRACE_SLOW_MS: '600000',
  ...more,
})

async function startMarket(ratePerSecond: number) {
  const simulator = await startSimulator({ instruments: 8, ratePerSecond })
  return { DERIBIT_URL: simulator.url, INSTRUMENTS: simulator.instruments.join(',') }
}

/** Trace ids of the exemplars of a stage. */
async function exemplarsOf(service: Reader, stage: string): Promise<string[]> {
  const { exemplars } = await service.metrics(OPENMETRICS)
  return [...exemplars]
    .filter(([series]) => series.includes(`_pipeline_lag_seconds_bucket{stage=${stage},`))
    .map(([, { traceId }]) => traceId)
}

/** The trace of an exemplar, once it has the expected number of spans. */
async function traceOf(service: Reader, stage: string, spans: number): Promise<ReceivedSpan[]> {
  const id = await eventually(async () => (await exemplarsOf(service, stage))[0] ?? false)
  return eventually(() => {
    const trace = receiver.trace(id)
    expect(trace.map(({ name }) => name)).toHaveLength(spans)
    return trace
  })
}

const byName = (trace: readonly ReceivedSpan[]) =>
  new Map(trace.map((span) => [span.name, span] as const))

function expectTrace(trace: readonly ReceivedSpan[], names: readonly string[]): void {
  const spans = byName(trace)
  let parentSpanId = ''
  for (const name of names) {
    const span = spans.get(name)
    expect([name, span?.parentSpanId]).toEqual([name, parentSpanId])
    expect(span?.endTimeMs).toBeGreaterThanOrEqual(span?.startTimeMs ?? Infinity)
    parentSpanId = span?.spanId ?? 'missing'
  }
}

describe('a sampled update', () => {
  it('is found by the exemplar in /metrics: four spans, each the child of the previous one', async () => {
    const service = await startService(
      traced({ ...(await startMarket(80)), OTEL_TRACES_SAMPLER: 'always_on' }),
    )
    const trace = await traceOf(service, 'receive_to_publish', 4)
    expectTrace(trace, ['receive', 'send prices', 'process prices', 'publish'])

    const spans = byName(trace)
    expect(trace.map(({ name, kind }) => [name, kind])).toEqual(
      expect.arrayContaining([
        ['receive', 'SPAN_KIND_INTERNAL'],
        ['send prices', 'SPAN_KIND_PRODUCER'],
        ['process prices', 'SPAN_KIND_CONSUMER'],
        ['publish', 'SPAN_KIND_INTERNAL'],
      ]),
    )
    const received = spans.get('receive')?.attributes
    const instrument = received?.['orderbook.instrument']
    expect(received).toEqual({
      'orderbook.instrument': expect.stringMatching(/^[A-Z]/) as unknown,
      'orderbook.channel': `book.${instrument}.none.10.100ms`,
      'orderbook.change_id': expect.any(Number) as unknown,
      'orderbook.exchange_time_ms': expect.any(Number) as unknown,
    })
    const partition = expect.stringMatching(/^[0-3]$/) as unknown
    expect(spans.get('send prices')?.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.destination.name': 'prices',
      'messaging.destination.partition.id': partition,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'orderbook.batch_records': expect.any(Number) as unknown,
    })
    expect(spans.get('process prices')?.attributes).toEqual({
      ...received,
      'messaging.system': 'kafka',
      'messaging.destination.name': 'prices',
      'messaging.destination.partition.id': partition,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': 'orderbook-exporter',
      'messaging.kafka.offset': expect.any(Number) as unknown,
    })
    expect(trace[0]?.resource).toMatchObject({
      'service.name': 'orderbook-exporter',
      'service.version': '0.0.0-test',
      'orderbook.role': 'all',
    })
    expect(spans.get('process prices')?.isParentRemote).toBe(true)
    expect(spans.get('publish')?.isParentRemote).toBe(false)
    expect(receiver.problems).toEqual([])
  })

  it('is an exemplar of every stage, and linked with those of the same batch', async () => {
    const service = await startService(
      traced({ ...(await startMarket(400)), OTEL_TRACES_SAMPLER: 'always_on' }),
    )
    for (const stage of ['exchange_to_receive', 'receive_to_send', 'send_to_ack']) {
      await traceOf(service, stage, 4)
    }
    for (const stage of ['receive_to_consume', 'consume_to_publish']) {
      await traceOf(service, stage, 4)
    }
    await eventually(() => {
      const sent = receiver.spans.filter(({ name }) => name === 'send prices')
      const bySpanId = new Map(sent.map((span) => [span.spanId, span]))
      const first = sent.find(({ links }) => links.length > 1)
      expect(first).toBeDefined()
      for (const { attributes, links } of sent) {
        // Checkpoints in the batch are not sampled.
        expect(attributes['orderbook.batch_records']).toBeGreaterThan(links.length)
      }
      for (const { traceId, spanId } of first?.links ?? []) {
        const other = bySpanId.get(spanId)
        expect(other?.traceId).toBe(traceId)
        expect(other?.links).toEqual([{ traceId: first?.traceId, spanId: first?.spanId }])
        // One acknowledgement; the wall clock of a receipt has whole milliseconds.
        expect(Math.abs((other?.endTimeMs ?? 0) - (first?.endTimeMs ?? 0))).toBeLessThan(1.01)
      }
    })
  })

  it('shows exemplars only in OpenMetrics', async () => {
    const service = await startService(
      traced({ ...(await startMarket(80)), OTEL_TRACES_SAMPLER: 'always_on' }),
    )
    await eventually(async () => (await exemplarsOf(service, 'receive_to_publish')).length > 0)
    expect(await (await service.get('/metrics')).text()).not.toContain('trace_id')
  })
})

describe('with nothing sampled', () => {
  it.each([
    ['a ratio of 0', { OTEL_TRACES_SAMPLER_ARG: '0' }],
    ['always_off', { OTEL_TRACES_SAMPLER: 'always_off' }],
    ['tracing off', { OTEL_SDK_DISABLED: 'true' }],
  ])('and nothing slow, no span is made: %s', async (_why, sampler) => {
    const service = await startService(traced({ ...(await startMarket(200)), ...sampler }))
    const updates = 'orderbook_pipeline_lag_seconds_count{stage=receive_to_publish}'
    await eventually(async () => ((await service.value(updates)) ?? 0) > 200)
    expect(await service.value(SPANS)).toBe(0)
    expect((await service.metrics(OPENMETRICS)).exemplars.size).toBe(0)
    await service.stop()
    expect(receiver.requests()).toBe(0)
  })

  it('a slow update has a trace, at most five per second, and the others are counted', async () => {
    let open = () => {}
    let isHeld = false
    let held = Promise.resolve()
    const service = await startService(
      traced({
        ...(await startMarket(200)),
        OTEL_TRACES_SAMPLER_ARG: '0',
        TRACE_SLOW_MS: '200',
      }),
      { beforeBatch: () => (isHeld ? held : Promise.resolve()) },
    )
    const produced = 'orderbook_produced_records_total{topic=prices,kind=frame}'
    await eventually(async () => (await service.status('/readyz')) === 200)
    held = new Promise((resolve) => {
      open = resolve
    })
    isHeld = true
    const before = (await service.value(produced)) ?? 0
    // At 200 a second the first of these is older than the limit, whatever the machine does meanwhile.
    await eventually(async () => ((await service.value(produced)) ?? 0) >= before + 100)
    isHeld = false
    open()
    const suppressed = 'orderbook_slow_traces_suppressed_total{}'
    await eventually(async () => ((await service.value(suppressed)) ?? 0) > 0)

    const trace = await traceOf(service, 'receive_to_publish', 3)
    expectTrace(trace, ['receive', 'process prices', 'publish'])
    const spans = byName(trace)
    expect(spans.get('receive')?.attributes['orderbook.slow']).toBe(true)
    const [receipt, publish] = [spans.get('receive'), spans.get('publish')]
    expect((publish?.endTimeMs ?? 0) - (receipt?.startTimeMs ?? 0)).toBeGreaterThan(200)
    // All held updates arrive at once: five are traced, no sixth within a second.
    const ids = receiver.spans
      .filter(({ attributes }) => attributes['orderbook.slow'] === true)
      .map(({ traceId }) => traceId)
    const reportedMs = receiver.spans
      .filter(({ name, traceId }) => name === 'publish' && ids.includes(traceId))
      .map(({ endTimeMs }) => endTimeMs)
      .toSorted((a, b) => a - b)
    expect(reportedMs.length).toBeGreaterThanOrEqual(5)
    for (const [index, ms] of reportedMs.entries()) {
      expect((reportedMs[index + 5] ?? Infinity) - ms).toBeGreaterThan(990)
    }
  })
})

describe('a collector that fails', () => {
  it('is counted and does not affect the pipeline', async () => {
    receiver.answer(400)
    const service = await startService(
      traced({ ...(await startMarket(200)), OTEL_TRACES_SAMPLER: 'always_on' }),
    )
    const failures = 'orderbook_trace_export_failures_total{}'
    await eventually(async () => ((await service.value(failures)) ?? 0) > 1)
    const dropped = 'orderbook_trace_spans_dropped_total{}'
    await eventually(async () => ((await service.value(dropped)) ?? 0) > 0)
    expect(await service.status('/readyz')).toBe(200)
    expect(await service.state(BTC)).toBe('live')
    const warnings = service.logger.lines.filter(({ message }) => message.includes('exported'))
    expect(warnings).toHaveLength(1)

    receiver.answer(200)
    await eventually(() => receiver.spans.length > 0)
    expect(await service.stop()).toBe(0)
  })
})

describe('producer and consumer through the broker', { ...needsBroker() }, () => {
  it('share one trace; its context is in the headers of the sampled records alone', async () => {
    const topic = uniqueTopic('prices')
    const shared = traced({
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      OTEL_TRACES_SAMPLER_ARG: '0.2',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    })
    const market = await startMarket(80)
    const producer = await startProgram({ ...shared, ...market, ROLE: 'producer' })
    const consumer = await startProgram({
      ...shared,
      ROLE: 'consumer',
      OTEL_SERVICE_NAME: 'reader',
    })
    await eventually(async () => (await consumer.state(BTC)) === 'live', { timeoutMs: 30_000 })

    const trace = await traceOf(consumer, 'receive_to_publish', 4)
    expectTrace(trace, ['receive', `send ${topic}`, `process ${topic}`, 'publish'])
    const serviceOf = (name: string) => byName(trace).get(name)?.resource['service.name']
    expect(serviceOf(`send ${topic}`)).toBe('orderbook-exporter')
    expect(serviceOf(`process ${topic}`)).toBe('reader')
    expect(trace[0]?.resource['deployment.environment']).toBe('test')

    const headers = await readHeaders(topic, 200)
    const sampled = headers.filter((names) => names.length > 0)
    expect(new Set(sampled.map((names) => names.join()))).toEqual(new Set(['traceparent']))
    expect(sampled.length).toBeGreaterThan(0)
    expect(sampled.length).toBeLessThan(headers.length / 2)

    for (const { program } of [producer, consumer]) {
      program.kill('SIGTERM')
      expect(await program.exited).toEqual({ code: 0, signal: null })
    }
    // The last spans are exported at the stop.
    const sent = receiver.spans.filter(({ name }) => name === `send ${topic}`)
    const received = receiver.spans.filter(({ name }) => name === 'receive')
    expect(sent.length).toBe(received.length)
  })

  it('writes no header at all where nothing is sampled', async () => {
    const topic = uniqueTopic('prices')
    const service = await startService(
      traced({
        ...(await startMarket(80)),
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: topic,
        KAFKA_TRADES_TOPIC: `${topic}-trades`,
        KAFKA_GROUP_ID: topic,
        OTEL_TRACES_SAMPLER_ARG: '0',
      }),
    )
    const headers = await readHeaders(topic, 100)
    expect(headers.flat()).toEqual([])
    expect(await service.value(SPANS)).toBe(0)
  })
})

/** Header names of the first `count` ordinary records of a topic. */
async function readHeaders(topic: string, count: number): Promise<string[][]> {
  const kafka = new Kafka({ brokers: [brokersOfRun()], logLevel: 0, retry: { retries: 20 } })
  const consumer = kafka.consumer({ groupId: `${topic}-headers` })
  registerCleanUp(() => consumer.disconnect())
  const names: string[][] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: ({ message }) => {
      const found = Object.keys(message.headers ?? {})
      if (!found.includes('kind')) names.push(found)
      return Promise.resolve()
    },
  })
  await eventually(() => names.length >= count, { timeoutMs: 60_000 })
  return names
}
