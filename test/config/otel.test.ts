import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Environment = Readonly<Record<string, string>>

const tracingOf = (environment: Environment) => readConfig(environment, { isStrict: false }).tracing
const warningsOf = (environment: Environment) =>
  readConfig(environment, { isStrict: false }).warnings

/** The smallest configuration file. */
const CONFIG_FILE = join(temporaryFolder(), 'otel.yaml')
writeFileSync(CONFIG_FILE, 'file_format: "1.0"')
const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

describe('the OpenTelemetry variables', () => {
  it.each<[why: string, environment: Environment, isOn: boolean]>([
    ['nothing', {}, false],
    ['an empty address', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false],
    ['an address', COLLECTOR, true],
    ['an address for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/in' }, true],
    ['the console', { OTEL_TRACES_EXPORTER: 'console' }, true],
    ['an exporter to the default address', { OTEL_TRACES_EXPORTER: 'otlp' }, true],
    ['a configuration file', { OTEL_CONFIG_FILE: CONFIG_FILE }, true],
    ['an address and no exporter', { ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' }, false],
    ['an address and the switch for all', { ...COLLECTOR, OTEL_SDK_DISABLED: 'TRUE' }, false],
    ['a sampler alone', { OTEL_TRACES_SAMPLER: 'always_on' }, false],
  ])('turn tracing on or off: %s', (_why, environment, isOn) => {
    expect(tracingOf(environment).isOn).toBe(isOn)
    expect(warningsOf(environment)).toEqual([])
  })

  it('are passed to the SDK, trimmed, without the empty and the ignored ones', () => {
    expect(
      tracingOf({
        ...COLLECTOR,
        HOME: '/root',
        OTEL_EXPORTER_OTLP_PROTOCOL: ' grpc ',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,tenant=a',
        OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
        OTEL_BSP_SCHEDULE_DELAY: '',
        OTEL_TRACES_EXPORTER: 'otlp,zipkin',
      }).variables,
    ).toEqual({
      ...COLLECTOR,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,tenant=a',
      OTEL_TRACES_EXPORTER: 'otlp',
    })
  })

  it('leave the sampling to the sampler of a configuration file', () => {
    const environment = { OTEL_CONFIG_FILE: CONFIG_FILE, OTEL_TRACES_SAMPLER_ARG: '0.5' }
    expect(tracingOf(environment)).toMatchObject({ ratio: 1, isSampling: true })
  })

  it.each<[sampler: string | null, argument: string | null, ratio: number, isSampling: boolean]>([
    [null, null, 0.01, true],
    [null, '0.5', 0.5, true],
    ['always_on', null, 1, true],
    ['always_off', null, 0, false],
    ['traceidratio', '0.25', 0.25, true],
    ['traceidratio', null, 1, true],
    ['parentbased_traceidratio', '0', 0, true],
    ['parentbased_always_off', null, 0, true],
    ['parentbased_always_on', null, 1, true],
  ])('sampler %s with %s is a ratio of %d', (sampler, argument, ratio, isSampling) => {
    const tracing = tracingOf({
      ...(sampler === null ? {} : { OTEL_TRACES_SAMPLER: sampler }),
      ...(argument === null ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }),
    })
    expect(tracing).toMatchObject({ ratio, isSampling })
  })

  it.each<[name: string, value: string, expected: string]>([
    [
      'OTEL_TRACES_SAMPLER',
      'jaeger_remote',
      'one of always_on, parentbased_always_on, always_off, parentbased_always_off, traceidratio, parentbased_traceidratio',
    ],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'a number from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1%', 'a number from 0 to 1'],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'a list of otlp, console, none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http', 'one of grpc, http/protobuf, http/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'h2', 'one of grpc, http/protobuf, http/json'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'a whole number of milliseconds from 1 to 999999999'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'one of gzip, none'],
    ['OTEL_BSP_SCHEDULE_DELAY', '-1', 'a whole number of milliseconds from 1 to 999999999'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '1e3', 'a whole number from 1 to 999999999'],
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'many', 'a whole number from 0 to 999999999'],
    ['OTEL_SDK_DISABLED', 'yes', 'one of true, false'],
    ['OTEL_NODE_RESOURCE_DETECTORS', 'host,os', 'a list of service, host, process, all, none'],
    ...['b3', 'none', 'baggage', 'tracecontext,b3'].map((value): [string, string, string] => [
      'OTEL_PROPAGATORS',
      value,
      'tracecontext, also with baggage: the topic carries traceparent alone',
    ]),
    ['OTEL_TRACES_EXPORTER', ',', 'a list of otlp, console, none'],
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'br', 'one of gzip, none'],
    [
      'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      '0',
      'a whole number of milliseconds from 1 to 999999999',
    ],
    ['OTEL_EXPORTER_OTLP_INSECURE', '1', 'one of true, false'],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '0', 'a whole number from 1 to 999999999'],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', '-1', 'a whole number from 0 to 999999999'],
    [
      'OTEL_RESOURCE_ATTRIBUTES',
      'a=b=c',
      'attributes as name=value,name=value of at most 255 characters each with "," and "=" percent-encoded',
    ],
    [
      'OTEL_RESOURCE_ATTRIBUTES',
      'a=%zz',
      'attributes as name=value,name=value of at most 255 characters each with "," and "=" percent-encoded',
    ],
    [
      'OTEL_RESOURCE_ATTRIBUTES',
      `a=${'x'.repeat(256)}`,
      'attributes as name=value,name=value of at most 255 characters each with "," and "=" percent-encoded',
    ],
    ['OTEL_LOG_LEVEL', 'loud', 'one of none, error, warn, info, debug, verbose, all'],
    ['OTEL_METRICS_EXPORTER', 'otlp', 'none: metrics are scraped'],
  ])('are ignored with a warning, in strict mode refused: %s=%s', (name, value, expected) => {
    const warning = `${name}="${value}" is ignored (expected ${expected})`
    expect(warningsOf({ [name]: value })).toEqual([warning])
    expect(tracingOf({ [name]: value })).toMatchObject({ ratio: 0.01, variables: {} })
    expect(() => readConfig({ [name]: value }, { isStrict: true })).toThrow(
      expect.objectContaining({ context: { problems: [warning] } }) as Error,
    )
  })

  it('never show headers, which hold credentials', () => {
    for (const value of [
      ...['secret', 'authorization=', '=secret', 'a=%secret', 'a=secret;b', ',', 'a=secret,b'],
      // An exporter would fail at each request.
      ...['a b=secret', 'a=secret%0d%0Ax:y', 'a=secret%E2%82%AC', 'ä=secret'],
    ]) {
      expect(warningsOf({ OTEL_EXPORTER_OTLP_HEADERS: value })).toEqual([
        'OTEL_EXPORTER_OTLP_HEADERS="[redacted]" is ignored (expected headers as name=value,name=value with "," and ";" percent-encoded)',
      ])
    }
  })

  it('may hold credentials in base64, whose padding is no mistake', () => {
    const text = 'authorization=Basic dXNlcjpwYXNzdw==,x=a=b'
    expect(parseKeyPairsIntoRecord(text)).toEqual({
      authorization: 'Basic dXNlcjpwYXNzdw==',
      x: 'a=b',
    })
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: text }
    expect(warningsOf(headers)).toEqual([])
    expect(tracingOf(headers).variables).toEqual(headers)
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', 'a readable PEM file'],
    ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE', 'a readable PEM file'],
    ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY', 'a readable PEM file'],
    ['OTEL_CONFIG_FILE', 'a configuration file'],
  ])('are ignored if the file is missing, a folder or something else: %s', (name, expected) => {
    const folder = temporaryFolder()
    const garbage = join(folder, 'garbage')
    writeFileSync(garbage, 'no certificate: [')
    mkdirSync(join(folder, 'folder'))
    for (const [path, cause] of [
      [join(folder, 'missing'), 'ENOENT'],
      [join(folder, 'folder'), 'EISDIR'],
      [garbage, ''],
    ] as const) {
      const [warning, ...others] = warningsOf({ [name]: path })
      expect(warning).toContain(`${name}="${path}" is ignored (expected ${expected})`)
      expect(warning).toContain(cause)
      expect(others).toEqual([])
      expect(tracingOf({ [name]: path })).toMatchObject({ isOn: false, variables: {} })
    }
  })

  it('are passed on in small letters where the SDK knows no others', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'GRPC',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'Gzip',
      OTEL_TRACES_EXPORTER: 'OTLP,Console',
      OTEL_TRACES_SAMPLER: 'Always_On',
      OTEL_NODE_RESOURCE_DETECTORS: 'Host',
      OTEL_SDK_DISABLED: 'False',
    }
    expect(warningsOf(environment)).toEqual([])
    expect(Object.values(tracingOf(environment).variables)).toEqual(
      Object.values(environment).map((value) => value.toLowerCase()),
    )
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPONT', '; did you mean OTEL_EXPORTER_OTLP_ENDPOINT?'],
    ['OTEL_TRACE_SAMPLER', '; did you mean OTEL_TRACES_SAMPLER?'],
    ['OTEL_BSP_MAX_QUEUE', ''],
    ['OTEL_EXPORTER_JAEGER_AGENT_HOST', ''],
  ])('are warned of if unknown: %s', (name, hint) => {
    expect(warningsOf({ [name]: 'x' })).toEqual([`${name} is unknown and has no effect${hint}`])
  })

  it('of metrics and logs are no mistake, although neither is exported', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_BLRP_SCHEDULE_DELAY: '1',
      OTEL_METRIC_EXPORT_INTERVAL: '1',
      OTEL_LOGS_EXPORTER: 'none',
    }
    expect(warningsOf(environment)).toEqual([])
  })

  it('with an unusable address are an error', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }
    expect(() => readConfig(environment, { isStrict: false })).toThrow(
      expect.objectContaining({
        context: {
          problems: [
            'OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318" is invalid (expected an http:// or https:// address)',
          ],
        },
      }) as Error,
    )
  })
})
