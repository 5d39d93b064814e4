import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Configuration from '@opentelemetry/configuration'
import { messageOf } from '../errors.ts'
import { editDistance, type Environment, formatProblem, withoutUser } from './environment.ts'

/** Tracing settings from the standard OpenTelemetry variables (`OTEL_*`). */
export interface TracingSettings {
  /** Whether spans are made and exported. */
  readonly isOn: boolean
  /** Share of updates that the producer samples, 0 to 1. With a configuration file 1: its sampler decides. */
  readonly ratio: number
  /** Whether the consumer continues the traces of sampled records. */
  readonly isSampling: boolean
  /** The `OTEL_*` variables for the SDK, without those that are ignored. May hold secrets. */
  readonly variables: Readonly<Record<string, string>>
}

/** Default share: a smaller one shows too few updates, a larger one costs more than it shows. */
const DEFAULT_RATIO = 0.01
const SAMPLERS = ['always_on', 'always_off', 'traceidratio']
const ALL_SAMPLERS = SAMPLERS.flatMap((name) => [name, `parentbased_${name}`])
const EXPORTERS = ['otlp', 'console', 'none']

export interface ReadTracingSettings {
  readonly tracing: TracingSettings
  /** Errors: the service does not start. */
  readonly problems: string[]
  /** Values that the SDK would ignore, mostly in silence. */
  readonly warnings: string[]
}

/** What a variable may hold. */
interface Rule {
  readonly expected: string
  /** Returns false, or the cause as text, for a value that the SDK would ignore. */
  readonly check: (text: string) => boolean | string
  /** Whether the value is never shown. */
  readonly isSecret?: boolean
  /** Whether capitals are no matter to us; the SDK knows most words in small letters only. */
  readonly isCaseless?: boolean
}

const oneOf = (values: readonly string[]): Rule => ({
  expected: values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`,
  check: (text) => values.includes(text.toLowerCase()),
  isCaseless: true,
})
const listOf = (values: readonly string[]): Rule => ({
  expected: `a list of ${values.join(', ')}`,
  check: (text) => everyOf(text, (value) => values.includes(value.toLowerCase())),
  isCaseless: true,
})
const whole = (least: 0 | 1, unit = ''): Rule => ({
  expected: `a whole number${unit} from ${least} to 999999999`,
  check: (text) => /^[0-9]{1,9}$/.test(text) && Number(text) >= least,
})
const flag = oneOf(['true', 'false'])
const anything: Rule = { expected: 'text', check: () => true }
const pemFile: Rule = {
  expected: 'a readable PEM file',
  check: (path) => checkFile(path, /^-----BEGIN [A-Z0-9 ]+-----/m),
}
const headers: Rule = {
  expected: 'headers as name=value,name=value with "," and ";" percent-encoded',
  check: (text) => everyOf(text, isHeader),
  isSecret: true,
}
const attributes: Rule = {
  expected:
    'attributes as name=value,name=value of at most 255 characters each with "," and "=" percent-encoded',
  check: (text) => everyOf(text, isAttribute),
}

/** The rules of each signal's variables and of those for all signals. */
const OF_EXPORTER: Readonly<Record<string, Rule>> = {
  ENDPOINT: anything,
  PROTOCOL: oneOf(['grpc', 'http/protobuf', 'http/json']),
  HEADERS: headers,
  TIMEOUT: whole(1, ' of milliseconds'),
  COMPRESSION: oneOf(['gzip', 'none']),
  CERTIFICATE: pemFile,
  CLIENT_CERTIFICATE: pemFile,
  CLIENT_KEY: pemFile,
  INSECURE: flag,
}

const LIMITS = [
  'ATTRIBUTE_COUNT_LIMIT',
  'ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'SPAN_ATTRIBUTE_COUNT_LIMIT',
  'SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'SPAN_EVENT_COUNT_LIMIT',
  'SPAN_LINK_COUNT_LIMIT',
  'EVENT_ATTRIBUTE_COUNT_LIMIT',
  'LINK_ATTRIBUTE_COUNT_LIMIT',
  // Former names of the two above, which the SDK still reads.
  'SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  'SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
]

/**
 * The variables that the SDK reads for traces, from OpenTelemetry's specification ("Environment Variable
 * Specification") and sdk-node 0.301.
 */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(OF_EXPORTER).flatMap(([name, rule]) => [
      [`OTEL_EXPORTER_OTLP_${name}`, rule],
      [`OTEL_EXPORTER_OTLP_TRACES_${name}`, rule],
    ]),
  ),
  ...Object.fromEntries(LIMITS.map((name) => [`OTEL_${name}`, whole(0)])),
  OTEL_BSP_SCHEDULE_DELAY: whole(1, ' of milliseconds'),
  OTEL_BSP_EXPORT_TIMEOUT: whole(1, ' of milliseconds'),
  OTEL_BSP_MAX_QUEUE_SIZE: whole(1),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole(1),
  OTEL_CONFIG_FILE: { expected: 'a configuration file', check: checkConfigFile },
  OTEL_LOG_LEVEL: oneOf(['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all']),
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: flag,
  OTEL_NODE_RESOURCE_DETECTORS: listOf(['service', 'host', 'process', 'all', 'none']),
  // The topic carries traceparent and no other format, so that every consumer can read it.
  OTEL_PROPAGATORS: {
    expected: 'tracecontext, also with baggage: the topic carries traceparent alone',
    check: (text) =>
      everyOf(text, (name) => ['tracecontext', 'baggage'].includes(name)) &&
      listed(text).includes('tracecontext'),
  },
  OTEL_RESOURCE_ATTRIBUTES: attributes,
  OTEL_SDK_DISABLED: flag,
  OTEL_SERVICE_NAME: anything,
  OTEL_TRACES_EXPORTER: listOf(EXPORTERS),
  OTEL_TRACES_SAMPLER: oneOf(ALL_SAMPLERS),
  OTEL_TRACES_SAMPLER_ARG: {
    expected: 'a number from 0 to 1',
    check: (text) => text !== '' && Number(text) >= 0 && Number(text) <= 1,
  },
  OTEL_METRICS_EXPORTER: {
    expected: 'none: metrics are scraped',
    check: (text) => text === 'none',
  },
  OTEL_LOGS_EXPORTER: { expected: 'none: logs are written', check: (text) => text === 'none' },
}

/** Variables of metrics and logs, which are not exported: known, without effect, and no mistake. */
const OTHER_SIGNALS =
  /^OTEL_(EXPORTER_OTLP_(METRICS|LOGS)_|METRIC_EXPORT_|METRICS_EXEMPLAR|LOGRECORD_|BLRP_)/

/** An unknown name within this edit distance of a variable counts as misspelt. */
const MAX_TYPO_DISTANCE = 3

/**
 * Checks the `OTEL_*` variables and reads what we decide ourselves: whether tracing is on, and the share
 * of updates that are sampled. The SDK reads everything else.
 */
export function readTracingSettings(environment: Environment): ReadTracingSettings {
  const problems: string[] = []
  const warnings: string[] = []
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const text = value?.trim() ?? ''
    if (!name.startsWith('OTEL_') || text === '' || OTHER_SIGNALS.test(name)) continue
    const rule = RULES[name]
    if (rule === undefined) {
      warnings.push(unknownVariable(name))
      continue
    }
    const result = rule.check(text)
    if (result === true) {
      variables[name] = rule.isCaseless === true ? text.toLowerCase() : text
      continue
    }
    const shown = rule.isSecret === true ? '[redacted]' : withoutUser(text)
    warnings.push(
      formatProblem(name, shown, {
        expected: rule.expected,
        isIgnored: true,
        ...(result === false ? {} : { cause: result }),
      }),
    )
    const valid = listed(text).filter((part) => rule.check(part) === true)
    if (valid.length > 0 && rule === RULES['OTEL_TRACES_EXPORTER'])
      variables[name] = valid.join(',').toLowerCase()
  }
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
    const text = variables[name]
    if (text === undefined || (/^https?:\/\//i.test(text) && URL.canParse(text))) continue
    const expected = 'an http:// or https:// address'
    problems.push(formatProblem(name, withoutUser(text), { expected }))
  }
  return { tracing: settingsOf(variables), problems, warnings }
}

function settingsOf(variables: Readonly<Record<string, string>>): TracingSettings {
  const exporters = listed(variables['OTEL_TRACES_EXPORTER'] ?? '')
  const hasFile = variables['OTEL_CONFIG_FILE'] !== undefined
  const hasEndpoint =
    variables['OTEL_EXPORTER_OTLP_ENDPOINT'] !== undefined ||
    variables['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] !== undefined
  const isDisabled =
    variables['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || exporters.includes('none')
  return {
    isOn: !isDisabled && (hasFile || hasEndpoint || exporters.length > 0),
    ...(hasFile ? { ratio: 1, isSampling: true } : readSampler(variables)),
    variables,
  }
}

/**
 * Reads the sampling ratio of root spans. Traces of sampled records are always continued, with or
 * without `parentbased_`, because they would otherwise be incomplete; only `always_off` ends them.
 */
function readSampler(
  variables: Readonly<Record<string, string>>,
): Pick<TracingSettings, 'ratio' | 'isSampling'> {
  const value = variables['OTEL_TRACES_SAMPLER']?.toLowerCase() ?? ''
  const root = value.replace(/^parentbased_/, '')
  if (root === 'always_on') return { ratio: 1, isSampling: true }
  if (root === 'always_off') return { ratio: 0, isSampling: value !== root }
  const argument = variables['OTEL_TRACES_SAMPLER_ARG']
  // The specification sets the ratio to 1 when the argument of a sampler is missing.
  const fallback = value === '' ? DEFAULT_RATIO : 1
  return { ratio: argument === undefined ? fallback : Number(argument), isSampling: true }
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Whether a list has parts, and each of them passes. */
function everyOf(text: string, check: (part: string) => boolean): boolean {
  const parts = listed(text)
  return parts.length > 0 && parts.every(check)
}

/** What HTTP allows; with anything else every export fails. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/

/**
 * Whether the SDK reads a header completely: it splits at the first `=`, so that a value may end in
 * the padding of base64, and ignores what follows a `;`.
 */
function isHeader(text: string): boolean {
  const [, name = '', value = ''] = /^([^=;]+)=([^;]+)$/.exec(text) ?? []
  return HEADER_NAME.test(decoded(name) ?? '') && HEADER_VALUE.test(decoded(value) ?? '')
}

/**
 * Whether the SDK can read an attribute: an invalid one makes it ignore all of them, including
 * ours.
 */
function isAttribute(text: string): boolean {
  const [, name = '', value] = /^([^=]+)=([^=]*)$/.exec(text) ?? []
  return (
    value !== undefined &&
    isDecoded(name, MAX_ATTRIBUTE_CHARACTERS) &&
    (value.trim() === '' || isDecoded(value, MAX_ATTRIBUTE_CHARACTERS))
  )
}

const MAX_ATTRIBUTE_CHARACTERS = 255

/** Whether a percent-encoded text has 1 to `most` characters. */
function isDecoded(text: string, most: number): boolean {
  const length = decoded(text)?.length ?? 0
  return length > 0 && length <= most
}

/** null for text that is not percent-encoded properly. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    return null
  }
}

const require = createRequire(import.meta.url)

/** Reads the file as the SDK will, with the parser of the SDK, which is loaded for it alone. */
function checkConfigFile(path: string): true | string {
  try {
    const parser = require('@opentelemetry/configuration') as typeof Configuration
    parser.parseConfigFile(path)
    return true
  } catch (error) {
    return messageOf(error)
  }
}

/** Reads the file as the SDK will: one that is there but unusable is ignored in silence too. */
function checkFile(path: string, content: RegExp): boolean | string {
  try {
    return content.test(readFileSync(path, 'utf8'))
  } catch (error) {
    return messageOf(error)
  }
}

function unknownVariable(name: string): string {
  const [nearest = ''] = Object.keys(RULES).toSorted(
    (a, b) => editDistance(name, a) - editDistance(name, b),
  )
  return editDistance(name, nearest) <= MAX_TYPO_DISTANCE
    ? `${name} is unknown and has no effect; did you mean ${nearest}?`
    : `${name} is unknown and has no effect`
}
