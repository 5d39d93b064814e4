import { type Environment, withoutUser } from './environment.ts'

/** What the standard variables of OpenTelemetry (`OTEL_*`) say of traces, as far as we read them. */
export interface TracingSettings {
  /** Where finished spans go; null = tracing is off. */
  readonly exporter: 'otlp' | 'console' | null
  /** Address that OTLP over HTTP posts traces to; null without it. */
  readonly url: string | null
  /** Share of updates that is sampled where they are received, 0 to 1. */
  readonly ratio: number
  /** Whether a record that somebody sampled is followed here too. */
  readonly isSampling: boolean
  /** Spans that wait for their export at most. */
  readonly queueMaxSpans: number
  readonly batchMaxSpans: number
  readonly scheduleDelayMs: number
}

/** Everything below 1 % shows too little, everything above costs more than it shows. */
const DEFAULT_RATIO = 0.01
const SAMPLERS = ['always_on', 'always_off', 'traceidratio']
const SAMPLERS_ALLOWED = SAMPLERS.flatMap((name) => [name, `parentbased_${name}`]).join(', ')
const PROTOCOL = 'http/protobuf'

export interface ReadTracingSettings {
  readonly tracing: TracingSettings
  /** What ends the start. */
  readonly problems: string[]
  /** What OpenTelemetry wants ignored with a warning. */
  readonly warnings: string[]
}

/**
 * Reads the variables that decide whether and what is traced. The rest (headers, time-outs,
 * certificates, attributes of the resource) is read by OpenTelemetry's own libraries.
 */
export function readTracingSettings(environment: Environment): ReadTracingSettings {
  const problems: string[] = []
  const warnings: string[] = []
  const read = (name: string) => environment[name]?.trim() ?? ''
  const ignored = (name: string, allowed: string) => {
    warnings.push(`${name}=${JSON.stringify(read(name))} is ignored: allowed is ${allowed}`)
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
type Ignored = (name: string, allowed: string) => void

/** The address for traces is taken as it is; to the one for all signals the path of traces is added. */
function readEndpoint(read: Read): { url: string | null; problem: string | null } {
  const ofTraces = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
  const name = read(ofTraces) === '' ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : ofTraces
  const text = read(name)
  if (text === '') return { url: null, problem: null }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const shown = JSON.stringify(withoutUser(text))
    return { url: null, problem: `${name}=${shown}: allowed is an http:// or https:// address` }
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
 * The ratio of a root. Whether `parentbased_` or not, a record that was sampled is followed, but with
 * `always_off`: its trace would lack its end.
 */
function readSampler(read: Read, ignored: Ignored): Pick<TracingSettings, 'ratio' | 'isSampling'> {
  const name = 'OTEL_TRACES_SAMPLER'
  const value = read(name).toLowerCase()
  const root = value.replace(/^parentbased_/, '')
  if (root === 'always_on') return { ratio: 1, isSampling: true }
  if (root === 'always_off') return { ratio: 0, isSampling: value !== root }
  const isKnown = SAMPLERS.includes(root)
  if (value !== '' && !isKnown) ignored(name, SAMPLERS_ALLOWED)
  // By the standard a ratio that is asked for without a number is 1.
  const fallback = isKnown ? 1 : DEFAULT_RATIO
  const argument = 'OTEL_TRACES_SAMPLER_ARG'
  const text = read(argument)
  const ratio = Number(text)
  if (text === '') return { ratio: fallback, isSampling: true }
  if (ratio >= 0 && ratio <= 1) return { ratio, isSampling: true }
  ignored(argument, 'a number from 0 to 1')
  return { ratio: fallback, isSampling: true }
}
