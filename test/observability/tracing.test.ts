import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace'
import * as conventions from '@opentelemetry/semantic-conventions/incubating'
import { describe, expect, it } from 'vitest'
import { noTracing } from '../../src/model/telemetry.ts'
import { createLogger } from '../../src/observability/logger.ts'
import {
  ActiveSpan,
  readTraceparent,
  type SpanIds,
  writeTraceparent,
} from '../../src/observability/tracing/span.ts'
import { ATTRIBUTES } from '../../src/observability/tracing/spans.ts'
import { PerSecondLimit, Sampler, UpdateTracer } from '../../src/observability/tracing/tracer.ts'
import { ingestFixture } from '../ingest/ingest-fixture.ts'
import { checkpointHeaders, processFixture } from '../process/process-fixture.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { seeded } from '../support/seeded.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'
const SAMPLED = `00-${TRACE_ID}-${SPAN_ID}-01`

interface EndedSpan {
  ids: SpanIds
  parentSpanId: string | null
  isParentRemote: boolean
  name: string
  startTimeMs: number
  endTimeMs: number
  attributes: ReadableSpan['attributes']
  links: SpanIds[]
  events: string[]
  problem: string | null
}

const idsOf = ({ traceId, spanId }: SpanIds): SpanIds => ({ traceId, spanId })
const epochMs = ([seconds, nanoseconds]: ReadableSpan['startTime']) =>
  seconds * 1000 + nanoseconds / 1e6

function endedSpan(span: ReadableSpan): EndedSpan {
  return {
    ids: idsOf(span.spanContext()),
    parentSpanId: span.parentSpanContext?.spanId ?? null,
    isParentRemote: span.parentSpanContext?.isRemote ?? false,
    name: span.name,
    startTimeMs: epochMs(span.startTime),
    endTimeMs: epochMs(span.endTime),
    attributes: span.attributes,
    links: span.links.map(({ context }) => idsOf(context)),
    events: span.events.map(({ name }) => name),
    problem: span.status.message ?? null,
  }
}

/** Creates a tracer of the real SDK that collects its spans. */
function tracer(
  given: { ratio?: number; isSampling?: boolean; slowMs?: number; clock?: FakeClock } = {},
) {
  const { ratio = 1, isSampling = true, slowMs = 500, clock = new FakeClock() } = given
  const spans: EndedSpan[] = []
  const counts = { slow: 0, sampled: 0, started: 0 }
  const activeSpan = new ActiveSpan()
  const provider = new TracerProvider({
    spanProcessors: [
      {
        onStart() {},
        onEnd: (span) => void spans.push(endedSpan(span)),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  const tracing = new UpdateTracer(
    { ratio, isSampling, slowMs, consumerGroup: 'group' },
    {
      tracer: provider.getTracer('test'),
      activeSpan,
      clock,
      random: seeded(7),
      spans: { add: () => void (counts.started += 1) },
      slowSuppressed: { add: () => void (counts.slow += 1) },
      sampledSuppressed: { add: () => void (counts.sampled += 1) },
    },
  )
  return { tracing, spans, counts, activeSpan, clock, names: () => spans.map(({ name }) => name) }
}

describe('the sampler', () => {
  it.each([0.01, 0.3])('samples a share of %d at random', (ratio) => {
    const sampler = new Sampler(ratio, seeded(3))
    const gaps: number[] = []
    let last = 0
    for (let index = 1; index <= 200_000; index += 1) {
      if (!sampler.isSampled()) continue
      gaps.push(index - last)
      last = index
    }
    expect(gaps.length / 200_000).toBeGreaterThan(ratio * 0.9)
    expect(gaps.length / 200_000).toBeLessThan(ratio * 1.1)
    // Random instead of every hundredth event, so that no instrument is systematically missed.
    expect(new Set(gaps).size).toBeGreaterThan(5)
  })

  it.each([
    [0, 0],
    [1, 1000],
    [1e-300, 0],
  ])('with ratio %d samples %d of a thousand', (ratio, expected) => {
    const sampler = new Sampler(ratio, seeded(3))
    const picked = Array.from({ length: 1000 }, () => sampler.isSampled()).filter(Boolean)
    expect(picked).toHaveLength(expected)
  })
})

describe('the limit', () => {
  it('applies to every one-second window, not only to clock seconds', () => {
    const clock = new FakeClock()
    const limit = new PerSecondLimit(5, clock)
    const passedMs: number[] = []
    for (let ms = 0; ms < 10_000; ms += 10) {
      if (limit.tryPass()) passedMs.push(ms)
      clock.advance(10)
    }
    expect(passedMs.length).toBeGreaterThanOrEqual(50)
    for (const [index, ms] of passedMs.entries()) {
      expect((passedMs[index + 5] ?? Infinity) - ms).toBeGreaterThanOrEqual(1000)
    }
  })
})

describe('the header traceparent', () => {
  it('is parsed as it was written', () => {
    const ids = { traceId: TRACE_ID, spanId: SPAN_ID }
    expect(writeTraceparent(ids)).toBe(SAMPLED)
    expect(readTraceparent(SAMPLED)).toEqual(ids)
  })

  it.each([
    ['another flag beside "sampled"', SAMPLED.replace(/01$/, '03')],
    ['a later version with more fields', `${SAMPLED.replace(/^00/, 'cc')}-more`],
  ])('is parsed if it contains %s', (_why, text) => {
    expect(readTraceparent(text)).toEqual({ traceId: TRACE_ID, spanId: SPAN_ID })
  })

  it.each([
    ['nothing', ''],
    ['another flag alone', SAMPLED.replace(/01$/, '02')],
    ['an unsampled context', SAMPLED.replace(/01$/, '00')],
    ['capitals', SAMPLED.toUpperCase()],
    ['the forbidden version', SAMPLED.replace(/^00/, 'ff')],
    ['a suffix', `${SAMPLED}-x`],
    ['a trailing line break', `${SAMPLED}\n`],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    ['no span', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['much', 'x'.repeat(100_000)],
  ])('is ignored if it contains %s', (_why, text) => {
    expect(readTraceparent(text)).toBeNull()
  })
})

describe('ingest', () => {
  it('sends the context in the header of a sampled frame', () => {
    const { tracing, names } = tracer()
    const fixture = ingestFixture({ tracing })
    fixture.receive(groupedSnapshot())
    const [record] = fixture.sent()
    expect(Object.keys(record?.headers ?? {})).toEqual(['traceparent'])
    expect(record?.headers?.['traceparent']).toBe(record?.sampled?.traceparent)
    expect(names()).toEqual(['receive'])
  })

  it('creates no span and no header for an unsampled frame', () => {
    const { tracing, spans } = tracer({ ratio: 0 })
    for (const given of [tracing, noTracing]) {
      const fixture = ingestFixture({ tracing: given })
      fixture.receive(groupedSnapshot())
      for (const record of fixture.sent()) {
        expect(record).not.toHaveProperty('headers')
        expect(record).not.toHaveProperty('followed')
      }
    }
    expect(spans).toEqual([])
  })

  it('ends the trace of an invalid frame without a record', () => {
    const { tracing, spans } = tracer()
    const fixture = ingestFixture({ tracing })
    fixture.receive(groupedSnapshot({ bids: [[-1, 1]] }))
    expect(fixture.sent()).toEqual([])
    expect(spans).toMatchObject([{ name: 'receive', problem: 'negative' }])
  })

  it('ends the span of a record that the producer dropped, with the reason', () => {
    const { tracing, spans, clock } = tracer()
    const fixture = ingestFixture({ tracing })
    fixture.receive(groupedSnapshot())
    const [record] = fixture.sent()
    clock.advance(40)
    record?.sampled?.drop('queue_full')
    expect(spans[1]).toMatchObject({ name: 'send prices', problem: 'queue_full' })
    expect((spans[1]?.endTimeMs ?? 0) - (spans[1]?.startTimeMs ?? 0)).toBe(40)
  })
})

describe('the spans of a batch', () => {
  it('link the first sampled record to at most 128 others, and each of these to it', () => {
    const { tracing, spans } = tracer()
    const fixture = ingestFixture({ tracing })
    for (let index = 0; index < 200; index += 1)
      fixture.receive(groupedSnapshot({ changeId: index + 1 }))
    const sampled = fixture.sent().flatMap((record) => record.sampled ?? [])
    expect(sampled).toHaveLength(200)
    spans.length = 0
    const times = {
      partition: 1,
      batchRecords: 201,
      sentMonotonicMs: 0,
      acknowledgedMonotonicMs: 1,
    }
    for (const record of sampled) record.acknowledge({ ...times, sampled })
    const [first, ...others] = spans
    expect(first?.links).toEqual(others.slice(0, 128).map(({ ids }) => ids))
    for (const { links } of others) expect(links).toEqual([first?.ids])
  })
})

describe('process', () => {
  const traced = (options: Parameters<typeof tracer>[0] = {}) => {
    const given = tracer(options)
    const fixture = processFixture({ tracing: given.tracing })
    // One clock, like in the service.
    let changeId = 1
    const send = (headers: Record<string, string> | undefined, more = {}) =>
      fixture.send(groupedSnapshot({ changeId: (changeId += 1) }), {
        ...(headers === undefined ? {} : { headers }),
        ...more,
      })
    return { ...given, fixture, send }
  }

  it('continues the trace of the header', () => {
    const { spans, send } = traced()
    send({ traceparent: SAMPLED })
    expect(spans).toMatchObject([
      {
        name: 'process prices',
        parentSpanId: SPAN_ID,
        isParentRemote: true,
        links: [{ traceId: TRACE_ID, spanId: SPAN_ID }],
        problem: null,
      },
      { name: 'publish', parentSpanId: spans[0]?.ids.spanId, isParentRemote: false },
    ])
    expect(new Set(spans.map(({ ids }) => ids.traceId))).toEqual(new Set([TRACE_ID]))
  })

  it.each<[why: string, headers: Record<string, string> | undefined, more: object]>([
    ['without a header', undefined, {}],
    ['with an unsampled header', { traceparent: SAMPLED.replace(/01$/, '00') }, {}],
    ['that is replayed', { traceparent: SAMPLED }, { isReplayed: true }],
    [
      'written by a producer',
      { ...checkpointHeaders(1_790_000_000_000), traceparent: SAMPLED },
      { ageMs: 0 },
    ],
  ])('creates no span for a record %s', (_why, headers, more) => {
    const { spans, send, fixture } = traced()
    send(headers, more)
    // Nor if it is invalid.
    fixture.send('{', { ...(headers === undefined ? {} : { headers }), ...more })
    expect(spans).toEqual([])
  })

  it('continues no trace with the sampler always_off', () => {
    const { spans, send } = traced({ isSampling: false })
    send({ traceparent: SAMPLED })
    expect(spans).toEqual([])
  })

  it('ends the span of a record without new data', () => {
    const { spans, fixture } = traced()
    fixture.send(groupedSnapshot({ changeId: 7 }), { headers: { traceparent: SAMPLED } })
    spans.length = 0
    fixture.send(groupedSnapshot({ changeId: 7 }), { headers: { traceparent: SAMPLED } })
    expect(spans).toMatchObject([{ name: 'process prices', problem: 'unpublished' }])
  })

  it('limits records that other producers mark as sampled', () => {
    const { spans, counts, clock, send } = traced()
    for (let index = 0; index < 1500; index += 1) send({ traceparent: SAMPLED })
    expect([spans.length, counts.sampled]).toEqual([2000, 500])
    clock.advance(1000)
    send({ traceparent: SAMPLED })
    expect(spans).toHaveLength(2002)
  })

  it('ends the span of an invalid record, and its log line has the trace ids', () => {
    const lines: Record<string, unknown>[] = []
    const { tracing, spans, activeSpan } = tracer()
    const stream = {
      write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
    }
    const logger = createLogger({ level: 'info', stream, spanFields: activeSpan.fields })
    const fixture = processFixture({ tracing, logger })
    fixture.send('{', { headers: { traceparent: SAMPLED } })
    fixture.send('{')
    expect(spans).toMatchObject([{ name: 'process prices', problem: 'json' }])
    const [span] = spans
    expect(lines[0]).toMatchObject({
      trace_id: TRACE_ID,
      span_id: span?.ids.spanId,
      trace_flags: '01',
    })
    expect(lines[1]).not.toHaveProperty('trace_id')
  })

  it('traces a slow update afterwards, from the time of receipt in its record', () => {
    const { spans, send } = traced({ slowMs: 500 })
    send(undefined, { ageMs: 500 })
    expect(spans).toEqual([])
    send(undefined, { ageMs: 501 })
    const [receive, process, publish] = spans
    expect(receive).toMatchObject({ name: 'receive', parentSpanId: null })
    expect(receive?.attributes).toMatchObject({ 'orderbook.slow': true })
    expect(process?.parentSpanId).toBe(receive?.ids.spanId)
    expect(publish?.parentSpanId).toBe(process?.ids.spanId)
    expect((process?.startTimeMs ?? 0) - (receive?.startTimeMs ?? 0)).toBe(501)
  })

  it.each<[why: string, headers: Record<string, string> | undefined, more: object]>([
    ['replayed', undefined, { isReplayed: true }],
    ['a checkpoint', checkpointHeaders(1_790_000_000_000), {}],
  ])('does not trace a slow record that is %s', (_why, headers, more) => {
    const { spans, counts, send } = traced()
    send(headers, { ageMs: 60_000, ...more })
    expect([spans.length, counts.slow]).toEqual([0, 0])
  })

  it('does not trace a sampled slow update twice', () => {
    const { names, send } = traced()
    send({ traceparent: SAMPLED }, { ageMs: 60_000 })
    expect(names()).toEqual(['process prices', 'publish'])
  })

  it('traces five slow updates a second, and counts the others', () => {
    const { spans, counts, clock, send } = traced()
    for (let index = 0; index < 40; index += 1) send(undefined, { ageMs: 1000 })
    expect([spans.length, counts.slow]).toEqual([15, 35])
    clock.advance(999)
    send(undefined, { ageMs: 1000 })
    expect(counts.slow).toBe(36)
    clock.advance(1)
    send(undefined, { ageMs: 1000 })
    expect(spans).toHaveLength(18)
  })

  it('sets exemplars only for sampled and slow updates', () => {
    const { spans, send, fixture } = traced()
    const exemplars = () =>
      fixture.metrics.receiveToPublish.exemplars.flatMap((exemplar) => exemplar?.traceId ?? [])
    send(undefined)
    expect(exemplars()).toEqual([])
    send({ traceparent: SAMPLED })
    expect(exemplars()).toEqual([TRACE_ID])
    send(undefined, { ageMs: 1000 })
    expect(exemplars()).toEqual([TRACE_ID, spans.at(-1)?.ids.traceId])
  })
})

describe('the names of attributes', () => {
  it('are those of the semantic conventions, but for our own', () => {
    const known = new Set<unknown>(Object.values(conventions))
    const own = Object.values(ATTRIBUTES).filter((name) => name.startsWith('orderbook.'))
    for (const name of Object.values(ATTRIBUTES)) {
      expect([name, known.has(name)]).toEqual([name, !own.includes(name)])
    }
  })
})
