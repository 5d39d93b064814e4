import type { OtelRecorder, OtelRecorderOptions } from './otel-exporter.ts'
import type { FinishedSpan, SpanRecorder } from './span.ts'

export interface LazyRecorderDeps {
  clock: { setTimer(callback: () => void, delayMs: number): { cancel(): void } }
  logger: { warn(fields: object, message: string): void }
  spans: { add(): void }
  spansDropped: { add(n?: number): void }
  exportFailures: { add(): void }
}

/** Longest time that a stop waits for the last export. */
const STOP_MAX_MS = 5000

/**
 * Records the spans of this process with a bounded queue and counters. The OpenTelemetry libraries
 * are loaded at the first start, so that a service without tracing does not pay for them.
 */
export class LazyRecorder implements SpanRecorder {
  readonly #options: OtelRecorderOptions
  readonly #deps: LazyRecorderDeps
  #recorder: OtelRecorder | null = null
  /** Spans whose export has not finished. */
  #waiting = 0

  constructor(options: OtelRecorderOptions, deps: LazyRecorderDeps) {
    this.#options = options
    this.#deps = deps
  }

  async start(): Promise<void> {
    const { OtelRecorder } = await import('./otel-exporter.ts')
    this.#recorder = new OtelRecorder(this.#options, (spans, failure) => {
      this.#exported(spans, failure)
    })
  }

  record(span: FinishedSpan): void {
    const { spans, spansDropped } = this.#deps
    spans.add()
    if (this.#recorder === null || this.#waiting >= this.#options.queueMaxSpans) {
      spansDropped.add()
      return
    }
    this.#waiting += 1
    this.#recorder.record(span)
  }

  /** Exports the queued spans within `timeoutMs`, at most five seconds. Later spans are dropped. */
  async stop(timeoutMs: number): Promise<void> {
    const recorder = this.#recorder
    this.#recorder = null
    if (recorder === null) return
    const { clock } = this.#deps
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(resolve, Math.min(STOP_MAX_MS, timeoutMs))
      // A failed last export is already counted.
      void recorder
        .stop()
        .catch(() => undefined)
        .finally(() => {
          timer.cancel()
          resolve()
        })
    })
  }

  #exported(spans: number, failure: Error | null): void {
    this.#waiting -= spans
    if (failure === null) return
    const { exportFailures, spansDropped, logger } = this.#deps
    exportFailures.add()
    spansDropped.add(spans)
    logger.warn({ err: failure, spans }, 'spans could not be exported')
  }
}
