import process from 'node:process'
import {
  context,
  diag,
  type DiagLogger,
  DiagLogLevel,
  logs,
  metrics,
  propagation,
  ProxyTracerProvider,
  SamplingDecision,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { diagLogLevelFromString, setGlobalErrorHandler } from '@opentelemetry/core'
import { MetricReader } from '@opentelemetry/sdk-metrics'
import { startNodeSdk } from '@opentelemetry/sdk-node'
import { ERROR_TYPE } from './span.ts'

export interface SdkOptions {
  /** The `OTEL_*` variables of the process; the SDK reads all of them. */
  readonly variables: Readonly<Record<string, string>>
  /** Resource attributes of this process; `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` win. */
  readonly resource: Readonly<Record<string, string>>
  readonly version: string
}

export interface SdkEvents {
  /** Called when an export failed; its spans are lost. */
  onExportFailed(error: Error): void
  /** Called with each message of the SDK about its own state, also while it starts. */
  onMessage(level: 'error' | 'warn' | 'info', message: string): void
}

/** The SDK of OpenTelemetry, started. */
export interface Sdk {
  readonly tracer: Tracer
  /** Whether there are spans at all: a configuration file may set up none. */
  readonly hasTracer: boolean
  /** Spans that were lost since the start: the queue was full, or their export failed. */
  readDropped(): Promise<number>
  /** Exports the queued spans. Has no timeout of its own; the caller must set one. */
  stop(): Promise<void>
}

/**
 * Semantic conventions of our names. The messaging ones are not stable: another version may rename
 * them, and readers translate by this address.
 */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0'

/**
 * Our defaults, which the environment overrides. The queue holds a burst of updates; the SDK counts
 * dropped spans only while its own metrics are on.
 */
const DEFAULTS = {
  OTEL_BSP_MAX_QUEUE_SIZE: '8192',
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
}

/** Samples every span that is started: `UpdateTracer` decides before. */
const ALWAYS = {
  shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
  toString: () => 'decided by orderbook-exporter',
}

/**
 * Starts the SDK with everything that the standard variables configure: exporters and protocols,
 * limits, batches, resource detectors, or a configuration file. With such a file (`OTEL_CONFIG_FILE`)
 * its sampler decides, else ours. Nothing stays registered globally: the tracer is used directly, and
 * several services may run in one process.
 */
export function startSdk(options: SdkOptions, events: SdkEvents): Sdk {
  const dropped = new DroppedSpans()
  const attributes = Object.entries(options.resource).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  )
  const given = options.variables['OTEL_RESOURCE_ATTRIBUTES'] ?? ''
  const variables = {
    ...DEFAULTS,
    ...options.variables,
    OTEL_RESOURCE_ATTRIBUTES: [...attributes, ...(given === '' ? [] : [given])].join(','),
  }
  clearGlobals()
  diag.setLogger(diagnostics(events), {
    logLevel: diagLogLevelFromString(options.variables['OTEL_LOG_LEVEL']) ?? DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  })
  const started = withVariables(variables, () => {
    const sdk = keepLogger(() =>
      startNodeSdk({
        sampler: ALWAYS,
        metricReaders: [dropped],
        logRecordProcessors: [],
      }),
    )
    const scope = { schemaUrl: SCHEMA_URL }
    const provider = trace.getTracerProvider()
    const hasTracer =
      provider instanceof ProxyTracerProvider && 'forceFlush' in provider.getDelegate()
    const tracer = provider.getTracer('orderbook-exporter', options.version, scope)
    clearGlobals()
    return { sdk, tracer, hasTracer }
  })
  setGlobalErrorHandler((thrown) => {
    events.onExportFailed(
      thrown instanceof Error ? thrown : new Error('export failed', { cause: thrown }),
    )
  })
  return {
    tracer: started.tracer,
    hasTracer: started.hasTracer,
    readDropped: () => dropped.read(),
    stop: () => started.sdk.shutdown(),
  }
}

/** Takes back what the SDK registered, but for the logger of its messages. */
function clearGlobals(): void {
  trace.disable()
  context.disable()
  propagation.disable()
  metrics.disable()
  logs.disable()
}

/**
 * Runs a function with exactly these `OTEL_*` variables in the environment, which is the only way to
 * configure the SDK, and restores the others afterwards.
 */
function withVariables<Result>(
  variables: Readonly<Record<string, string>>,
  run: () => Result,
): Result {
  const names = () => Object.keys(process.env).filter((name) => name.startsWith('OTEL_'))
  const saved = Object.fromEntries(names().map((name) => [name, process.env[name]]))
  const replace = (values: Readonly<Record<string, string | undefined>>) => {
    for (const name of names()) delete process.env[name]
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) process.env[name] = value
    }
  }
  replace(variables)
  try {
    return run()
  } finally {
    replace(saved)
  }
}

/**
 * Runs a function that cannot replace the logger of messages: the SDK would set one that writes to the
 * console while it starts, which is when it says what is wrong with the configuration.
 */
function keepLogger<Result>(run: () => Result): Result {
  const { setLogger } = diag
  diag.setLogger = () => false
  try {
    return run()
  } finally {
    diag.setLogger = setLogger
  }
}

function diagnostics(events: SdkEvents): DiagLogger {
  return {
    error: (message) => {
      events.onMessage('error', message)
    },
    warn: (message) => {
      events.onMessage('warn', message)
    },
    info: (message) => {
      events.onMessage('info', message)
    },
    debug() {},
    verbose() {},
  }
}

const PROCESSED_SPANS = 'otel.sdk.processor.span.processed'

/** Reads how many spans the SDK lost, from the metrics that it keeps of itself. */
class DroppedSpans extends MetricReader {
  async read(): Promise<number> {
    const { resourceMetrics } = await this.collect()
    let dropped = 0
    for (const { descriptor, dataPoints } of resourceMetrics.scopeMetrics.flatMap(
      ({ metrics }) => metrics,
    )) {
      if (descriptor.name !== PROCESSED_SPANS) continue
      for (const { attributes, value } of dataPoints) {
        if (attributes[ERROR_TYPE] !== undefined && typeof value === 'number') dropped += value
      }
    }
    return dropped
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}
