import type {
  ProcessedUpdate,
  PublishTimes,
  ReceivedUpdate,
  Tracing,
} from '../../model/telemetry.ts'
import type { BookFrame, Receipt } from '../../model/frames.ts'
import type { TopicRecord } from '../../model/topic.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { Sdk, SdkOptions } from './sdk.ts'
import type { UpdateTracerDeps, UpdateTracerOptions } from './tracer.ts'

export interface LazyTracingDeps extends Omit<UpdateTracerDeps, 'tracer' | 'clock'> {
  clock: Pick<Clock, 'setTimer' | 'monotonicMs'>
  logger: {
    error(fields: object, message: string): void
    warn(fields: object, message: string): void
    info(fields: object, message: string): void
  }
  spansDropped: { add(n?: number): void }
  exportFailures: { add(): void }
}

/** Longest time that a stop waits for the last export. */
const STOP_MAX_MS = 5000
/** Interval of polling the number of dropped spans. */
const COUNT_MS = 1000

/**
 * Tracing whose libraries are loaded at the start, so that a service without tracing does not pay for
 * them. Nothing is sampled before the start and after the stop.
 */
export class LazyTracing implements Tracing {
  readonly slowMs: number
  readonly #options: SdkOptions & UpdateTracerOptions
  readonly #deps: LazyTracingDeps
  #sdk: Sdk | null = null
  #tracer: Tracing | null = null
  #countTimer: Timer | null = null
  #droppedCount = 0

  constructor(options: SdkOptions & UpdateTracerOptions, deps: LazyTracingDeps) {
    this.slowMs = options.slowMs
    this.#options = options
    this.#deps = deps
  }

  receive(frame: BookFrame, receipt: Receipt): ReceivedUpdate | null {
    return this.#tracer === null ? null : this.#tracer.receive(frame, receipt)
  }

  process(record: TopicRecord): ProcessedUpdate | null {
    return this.#tracer === null ? null : this.#tracer.process(record)
  }

  rebuild(record: TopicRecord, frame: BookFrame, times: PublishTimes): string | null {
    return this.#tracer === null ? null : this.#tracer.rebuild(record, frame, times)
  }

  async start(): Promise<void> {
    const { logger, exportFailures } = this.#deps
    const [{ startSdk }, { UpdateTracer }] = await Promise.all([
      import('./sdk.ts'),
      import('./tracer.ts'),
    ])
    const sdk = startSdk(this.#options, {
      onExportFailed(error) {
        exportFailures.add()
        logger.warn({ err: error }, 'spans could not be exported')
      },
      onMessage(level, message) {
        logger[level]({ reason: message }, 'message from the OpenTelemetry SDK')
      },
    })
    if (!sdk.hasTracer)
      logger.error({}, 'no spans are made: the configuration has no tracer provider')
    this.#sdk = sdk
    this.#tracer = new UpdateTracer(this.#options, { ...this.#deps, tracer: sdk.tracer })
    this.#countLater()
  }

  /** Exports the queued spans within `timeoutMs`, at most five seconds. Later updates are not sampled. */
  async stop(timeoutMs: number): Promise<void> {
    const sdk = this.#sdk
    this.#sdk = null
    this.#tracer = null
    this.#countTimer?.cancel()
    if (sdk === null) return
    const { clock, exportFailures, logger } = this.#deps
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, Math.min(STOP_MAX_MS, timeoutMs))
      void this.#count(sdk)
        .then(() => sdk.stop())
        .catch((error: unknown) => {
          exportFailures.add()
          logger.warn({ err: error }, 'spans could not be exported')
        })
        .finally(() => {
          timer.cancel()
          resolve()
        })
    })
  }

  #countLater(): void {
    this.#countTimer = this.#deps.clock.setTimer(() => {
      const sdk = this.#sdk
      if (sdk === null) return
      void this.#count(sdk).finally(() => {
        if (this.#sdk !== null) this.#countLater()
      })
    }, COUNT_MS)
  }

  /** Adds the spans that were dropped since the last call. */
  async #count(sdk: Sdk): Promise<void> {
    const total = await sdk.readDropped().catch(() => this.#droppedCount)
    if (total > this.#droppedCount) this.#deps.spansDropped.add(total - this.#droppedCount)
    this.#droppedCount = Math.max(total, this.#droppedCount)
  }
}
