import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'

type Environment = Readonly<Record<string, string>>

const tracingOf = (environment: Environment) => readConfig(environment, { isStrict: false }).tracing
const warningsOf = (environment: Environment) =>
  readConfig(environment, { isStrict: false }).warnings

const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

describe('the OpenTelemetry variables', () => {
  it.each<[why: string, environment: Environment, exporter: string | null, url: string | null]>([
    ['nothing', {}, null, null],
    ['an empty address', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, null, null],
    ['an address', COLLECTOR, 'otlp', 'http://127.0.0.1:4318/v1/traces'],
    [
      'an address with a path',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp/' },
      'otlp',
      'https://collector/otlp/v1/traces',
    ],
    [
      'an address for traces alone, which is taken as it is',
      { ...COLLECTOR, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/in' },
      'otlp',
      'http://tempo:4318/in',
    ],
    ['the console', { OTEL_TRACES_EXPORTER: 'console' }, 'console', null],
    [
      'an address and no exporter',
      { ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' },
      null,
      'http://127.0.0.1:4318/v1/traces',
    ],
    [
      'an address and the switch for all of it',
      { ...COLLECTOR, OTEL_SDK_DISABLED: 'true' },
      null,
      'http://127.0.0.1:4318/v1/traces',
    ],
  ])('%s', (_why, environment, exporter, url) => {
    expect(tracingOf(environment)).toMatchObject({ exporter, url })
    expect(warningsOf(environment)).toEqual([])
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

  it.each<[environment: Environment, warning: string]>([
    [
      { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
      'OTEL_TRACES_SAMPLER="jaeger_remote" is ignored (expected always_on, parentbased_always_on, always_off, parentbased_always_off, traceidratio, parentbased_traceidratio)',
    ],
    [
      { OTEL_TRACES_SAMPLER_ARG: '1.5' },
      'OTEL_TRACES_SAMPLER_ARG="1.5" is ignored (expected a number from 0 to 1)',
    ],
    [
      { OTEL_TRACES_EXPORTER: 'zipkin' },
      'OTEL_TRACES_EXPORTER="zipkin" is ignored (expected otlp, console or none)',
    ],
    [
      { OTEL_TRACES_EXPORTER: 'otlp' },
      'OTEL_TRACES_EXPORTER="otlp" is ignored (expected otlp together with OTEL_EXPORTER_OTLP_ENDPOINT)',
    ],
    [
      { ...COLLECTOR, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL="grpc" is ignored (expected http/protobuf)',
    ],
    [
      { OTEL_BSP_SCHEDULE_DELAY: '-1' },
      'OTEL_BSP_SCHEDULE_DELAY="-1" is ignored (expected a whole number from 1 to 999999999)',
    ],
  ])('ignores %o with a warning, as the specification requires', (environment, warning) => {
    expect(warningsOf(environment)).toEqual([warning])
    expect(tracingOf(environment)).toMatchObject({ ratio: 0.01, scheduleDelayMs: 5000 })
  })
})
