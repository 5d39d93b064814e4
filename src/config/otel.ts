import { type Environment, formatProblem, withoutUser } from './environment.ts'

/** Tracing settings from the standard OpenTelemetry variables (`OTEL_*`). */
export interface TracingSettings {
  /** Exporter of finished spans; null = tracing is off. */
  readonly exporter: 'otlp' | 'console' | null
  /** OTLP/HTTP endpoint for traces; null without OTLP. */
  readonly url: string | null
  /** Share of updates that the producer samples, 0 to 1. */
  readonly ratio: number
  /** Whether the consumer continues the traces of sampled records. */
  readonly isSampling: boolean
  /** Maximum number of spans that wait for export. */
  readonly queueMaxSpans: number
  readonly batchMaxSpans: number
  readonly scheduleDelayMs: number
}

/** Fewer than 1 % of the updates show too little; more cost more than they show. */
const DEFAULT_RATIO = 0.01
const SAMPLERS = ['always_on', 'always_off', 'traceidratio']
const SAMPLERS_ALLOWED = SAMPLERS.flatMap((name) => [name, `parentbased_${name}`]).join(', ')
const PROTOCOL = 'http/protobuf'

export interface ReadTracingSettings {
  readonly tracing: TracingSettings
  /** Errors: the service does not start. */
  readonly problems: string[]
  /** Values that the OpenTelemetry specification requires to be ignored with a warning. */
  readonly warnings: string[]
}

/**
 * Reads the variables that select exporter, sampler and batching. The OpenTelemetry libraries read the
 * others: headers, timeouts, certificates, resource attributes.
 */
export function readTracingSettings(environment: Environment): ReadTracingSettings {
  const problems: string[] = []
  const warnings: string[] = []
  const read = (name: string) => environment[name]?.trim() ?? ''
  const ignored = (name: string, expected: string) => {
    warnings.push(formatProblem(name, read(name), { expected, isIgnored: true }))
  }
  const whole = (name: string, fallback: number) => {
    const text = read(name)
    if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
    if (text !== '') ignored(name, 'a whole number from 1 to 999999999')
    return fallback
  }

  const endpoint = readEndpoint(read)
  if (endpoint.problem !== null) problems.push(endpoint.problem)
  const exporter = chooseExporter(read, endpoint.url, ignored)
  if (exporter === 'otlp') {
    for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
      if (!['', PROTOCOL].includes(read(name))) ignored(name, PROTOCOL)
    }
  }
  const queueMaxSpans = whole('OTEL_BSP_MAX_QUEUE_SIZE', 8192)
  const tracing = {
    exporter,
    url: endpoint.url,
    ...readSampler(read, ignored),
    queueMaxSpans,
    batchMaxSpans: Math.min(queueMaxSpans, whole('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)),
    scheduleDelayMs: whole('OTEL_BSP_SCHEDULE_DELAY', 5000),
  }
  return { tracing, problems, warnings }
}

type Read = (name: string) => string
type Ignored = (name: string, expected: string) => void

/** Reads the endpoint: that for traces is used as it is, `/v1/traces` is appended to that for all signals. */
function readEndpoint(read: Read): { url: string | null; problem: string | null } {
  const ofTraces = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  const name = read(ofTraces) === '' ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : ofTraces
  const text = read(name)
  if (text === '') return { url: null, problem: null }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const expected = 'an http:// or https:// address'
    return { url: null, problem: formatProblem(name, withoutUser(text), { expected }) }
  }
  const url = new URL(text)
  if (name !== ofTraces) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return { url: url.href, problem: null }
}

function chooseExporter(
  read: Read,
  url: string | null,
  ignored: Ignored,
): TracingSettings['exporter'] {
  const name = 'OTEL_TRACES_EXPORTER'
  const values = read(name)
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
  if (values.some((value) => !['otlp', 'console', 'none'].includes(value))) {
    ignored(name, 'otlp, console or none')
  }
  if (read('OTEL_SDK_DISABLED').toLowerCase() === 'true' || values.includes('none')) return null
  if (values.includes('console')) return 'console'
  if (url === null && values.includes('otlp')) {
    ignored(name, 'otlp together with OTEL_EXPORTER_OTLP_ENDPOINT')
  }
  return url === null ? null : 'otlp'
}

/**
 * Reads the sampling ratio of root spans. Traces of sampled records are always continued, with or
 * without `parentbased_`, because they would otherwise be incomplete; only `always_off` ends them.
 */
function readSampler(read: Read, ignored: Ignored): Pick<TracingSettings, 'ratio' | 'isSampling'> {
  const name = 'OTEL_TRACES_SAMPLER'
  const value = read(name).toLowerCase()
  const root = value.replace(/^parentbased_/, '')
  if (root === 'always_on') return { ratio: 1, isSampling: true }
  if (root === 'always_off') return { ratio: 0, isSampling: value !== root }
  const isKnown = SAMPLERS.includes(root)
  if (value !== '' && !isKnown) ignored(name, SAMPLERS_ALLOWED)
  // The specification sets the ratio to 1 when the argument is missing.
  const fallback = isKnown ? 1 : DEFAULT_RATIO
  const argument = 'OTEL_TRACES_SAMPLER_ARG'
  const text = read(argument)
  const ratio = Number(text)
  if (text === '') return { ratio: fallback, isSampling: true }
  if (ratio >= 0 && ratio <= 1) return { ratio, isSampling: true }
  ignored(argument, 'a number from 0 to 1')
  return { ratio: fallback, isSampling: true }
}
