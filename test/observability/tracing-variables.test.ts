import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { startOtlpReceiver } from '../support/otlp/otlp-receiver.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { addSpan, tracingTo } from './tracing-fixture.ts'

type Variables = Readonly<Record<string, string>>

/** Makes one span with variables that passed our check, and returns what arrives. */
async function exportOne(given: Variables) {
  const receiver = await startOtlpReceiver()
  const { warnings, tracing } = readConfig(given, { isStrict: false })
  expect(warnings).toEqual([])
  const part = await tracingTo(receiver.endpoint, tracing.variables)
  addSpan(part)
  await part.tracing.stop(10_000)
  const [span] = receiver.spans
  return { receiver, part, span, header: receiver.requestHeaders[0] }
}

describe('each standard variable takes effect', () => {
  it.each<[name: string, given: Variables, header: string, expected: string]>([
    ['headers', { OTEL_EXPORTER_OTLP_HEADERS: 'x-a=1, x-b=two%20words' }, 'x-b', 'two words'],
    [
      'those of traces before those of all',
      { OTEL_EXPORTER_OTLP_HEADERS: 'x-a=1', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-a=2' },
      'x-a',
      '2',
    ],
    [
      'base64',
      { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic dTpw==' },
      'authorization',
      'Basic dTpw==',
    ],
    ['compression', { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, 'content-encoding', 'gzip'],
    ['in capitals', { OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'GZIP' }, 'content-encoding', 'gzip'],
    ['protocol', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'content-type', 'application/json'],
    [
      'that of traces before that of all, in capitals',
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'HTTP/JSON' },
      'content-type',
      'application/json',
    ],
  ])('on a request: %s', async (_name, given, header, expected) => {
    const { header: headers, span } = await exportOne(given)
    expect(headers?.[header]).toBe(expected)
    expect(span?.name).toBe('receive')
  })

  it.each<[name: string, given: Variables, count: number]>([
    ['attributes of a span', { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3' }, 3],
    ['attributes of anything', { OTEL_ATTRIBUTE_COUNT_LIMIT: '2' }, 2],
    [
      'those of a span before those of anything',
      { OTEL_ATTRIBUTE_COUNT_LIMIT: '1', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '4' },
      4,
    ],
    ['none', { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '0' }, 0],
  ])('on limits: %s', async (_name, given, count) => {
    const { span } = await exportOne(given)
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(count)
  })

  it.each(['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'])(
    'on the length of values: %s',
    async (name) => {
      const { span } = await exportOne({ [name]: '3' })
      expect(span?.attributes['orderbook.instrument']).toBe('BTC')
    },
  )

  it.each<[detectors: string, has: readonly string[], lacks: readonly string[]]>([
    ['none', [], ['host.name', 'process.pid', 'service.instance.id']],
    ['host', ['host.name', 'os.type'], ['process.pid', 'service.instance.id']],
    ['process', ['process.pid', 'process.runtime.name'], ['host.name', 'service.instance.id']],
    ['ALL', ['host.name', 'process.pid', 'service.instance.id'], []],
  ])('on the detectors of the resource: %s', async (detectors, has, lacks) => {
    const { span } = await exportOne({ OTEL_NODE_RESOURCE_DETECTORS: detectors })
    for (const name of has) expect(span?.resource).toHaveProperty([name])
    for (const name of lacks) expect(span?.resource).not.toHaveProperty([name])
    // What we say of ourselves needs no detector.
    expect(span?.resource).toMatchObject({ 'service.name': 's', 'orderbook.role': 'all' })
  })

  it('on the time limit of a request', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(0)
    const part = await tracingTo(receiver.endpoint, {
      OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '50',
    })
    addSpan(part)
    await part.tracing.stop(10_000)
    expect(part.counts.failures).toBe(1)
  })

  it('on batches: no request before one is full', async () => {
    const receiver = await startOtlpReceiver()
    const part = await tracingTo(receiver.endpoint, {
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4',
    })
    for (let count = 0; count < 3; count += 1) addSpan(part)
    expect(receiver.requests()).toBe(0)
    addSpan(part)
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(4))
    await part.tracing.stop(10_000)
    expect(receiver.requests()).toBe(1)
  })

  it('on the resource, which distinguishes two processes', async () => {
    const given = { OTEL_SERVICE_NAME: 'books', OTEL_RESOURCE_ATTRIBUTES: 'team=a%2Cb,empty=' }
    const { span } = await exportOne(given)
    expect(span?.resource).toMatchObject({
      'service.name': 'books',
      team: 'a,b',
      empty: '',
      'host.name': hostname(),
    })
    expect(span?.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/)
    const named = await exportOne({ OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=consumer-2' })
    expect(named.span?.resource['service.instance.id']).toBe('consumer-2')
  })
})

describe('a configuration file', () => {
  const written = (lines: readonly string[]) => {
    const file = join(temporaryFolder(), 'otel.yaml')
    writeFileSync(file, lines.join('\n'))
    return { OTEL_CONFIG_FILE: file }
  }

  it.each<[why: string, lines: readonly string[], cause: string]>([
    ['empty', [], 'Unsupported file_format'],
    ['of another format', ['file_format: "9.0"'], 'Unsupported file_format'],
    ['of other types', ['file_format: "1.0"', 'tracer_provider: 3'], 'must be object'],
    [
      'with a time limit that is none',
      [
        'file_format: "1.0"',
        'tracer_provider:',
        '  processors: [{ batch: { exporter: { otlp_http: { timeout: 10s } } } }]',
      ],
      'must be integer',
    ],
  ])('that is unusable is said, in strict mode refused: %s', (_why, lines, cause) => {
    const given = written(lines)
    const { warnings, tracing } = readConfig(given, { isStrict: false })
    expect(warnings).toEqual([expect.stringContaining(cause) as unknown])
    expect(tracing.isOn).toBe(false)
    expect(() => readConfig(given, { isStrict: true })).toThrow('invalid configuration')
  })

  it.each<[why: string, lines: readonly string[], message: RegExp]>([
    ['sets up no spans', ['file_format: "1.0"'], /no spans are made/],
    [
      'names an exporter that does not exist',
      [
        'file_format: "1.0"',
        'tracer_provider: { processors: [{ simple: { exporter: { pigeon: {} } } }] }',
      ],
      /pigeon/,
    ],
  ])('that %s is said in the log, not on the console', async (_why, lines, message) => {
    const toConsole = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
    const part = await tracingTo('http://127.0.0.1:1', written(lines))
    addSpan(part)
    await part.tracing.stop(1000)
    expect(JSON.stringify(part.logger.lines)).toMatch(message)
    for (const spy of toConsole) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})
