import { setImmediate } from 'node:timers/promises'
import { chooseFormat, type FormatName } from './accept.ts'
import { scrapeDuration } from './catalogue.ts'
import { EXPOSITION_FORMATS } from './exposition-format.ts'
import { ExpositionWriter } from './page-writer.ts'
import type { MetricRegistry } from './registry.ts'

/** Longest time that collecting holds the event loop, ms. */
const SLICE_MS = 5

export interface Exposition {
  readonly contentType: string
  readonly body: Buffer
}

export interface MetricsRendererDeps {
  registry: MetricRegistry
  clock: { monotonicMs(): number }
  /** Writes families that are not in the catalogue. */
  writeNodeMetrics?: (exposition: ExpositionWriter) => Promise<void>
  /** Lets the event loop turn once. */
  pause?: () => Promise<unknown>
}

/**
 * Renders /metrics in the format that the scraper asks for. Scrapes that come while a page of their
 * format is being made get that page. A collector that throws fails the page: half of one would
 * look like series that ended.
 */
export class MetricsRenderer {
  readonly #deps: MetricsRendererDeps
  readonly #running = new Map<FormatName, Promise<Exposition>>()

  constructor(deps: MetricsRendererDeps) {
    this.#deps = deps
  }

  /** @param accept The request's `Accept` header. */
  render(accept: string | undefined): Promise<Exposition> {
    const name = chooseFormat(accept)
    const running = this.#running.get(name)
    if (running !== undefined) return running
    const exposition = this.#renderExposition(name).finally(() => this.#running.delete(name))
    this.#running.set(name, exposition)
    return exposition
  }

  async #renderExposition(name: FormatName): Promise<Exposition> {
    const { registry, clock, writeNodeMetrics, pause = setImmediate } = this.#deps
    const format = EXPOSITION_FORMATS[name]
    const exposition = new ExpositionWriter(format)
    const startedMs = clock.monotonicMs()
    let sliceStartMs = startedMs
    for (const collector of registry.collectors()) {
      const steps = collector.collect(exposition)[Symbol.iterator]()
      while (steps.next().done !== true) {
        if (clock.monotonicMs() - sliceStartMs < SLICE_MS) continue
        await pause()
        sliceStartMs = clock.monotonicMs()
      }
      exposition.close(collector.definitions)
    }
    // Each in a turn of its own: one after the other they would hold the loop for longer than a slice.
    await pause()
    await writeNodeMetrics?.(exposition)
    await pause()
    exposition.write(scrapeDuration, {}, (clock.monotonicMs() - startedMs) / 1000)
    exposition.close([scrapeDuration])
    return { contentType: format.contentType, body: exposition.finish() }
  }
}
