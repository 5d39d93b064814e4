import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

/** An export ended; null = the spans arrived. */
export type OnExported = (spans: number, failure: Error | null) => void

/** Tells of every export how it ended. What the exporter throws is a failure of it, and goes no further. */
export class CountingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #onExported: OnExported

  constructor(exporter: SpanExporter, onExported: OnExported) {
    this.#exporter = exporter
    this.#onExported = onExported
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const end = (result: ExportResult) => {
      const isDelivered = result.code === ExportResultCode.SUCCESS
      const failure = isDelivered ? null : (result.error ?? new Error('export failed'))
      this.#onExported(spans.length, failure)
      done(result)
    }
    try {
      this.#exporter.export(spans, end)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      end({ code: ExportResultCode.FAILED, error })
    }
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }
}
