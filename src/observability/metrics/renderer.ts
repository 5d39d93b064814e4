import { setImmediate } from 'node:timers/promises'
import { scrapeDuration } from '../catalogue/catalogue.ts'
import { EXPOSITION_FORMATS, ExpositionWriter, type FormatName } from './exposition.ts'
import type { MetricRegistry } from './registry.ts'
import type { WriteNodeMetrics } from './runtime-metrics.ts'

/**
 * Longest time that collecting blocks the event loop, ms; one step of a collector and a garbage
 * collection come on top.
 */
const SLICE_MS = 3

export interface Exposition {
  readonly contentType: string
  readonly body: Buffer
}

export interface MetricsRendererDeps {
  registry: MetricRegistry
  clock: { monotonicMs(): number }
  /** Writes families that are not in the catalogue. */
  writeNodeMetrics?: WriteNodeMetrics
  /** Yields to the event loop once. */
  pause?: () => Promise<unknown>
}

/**
 * Renders /metrics in the format that the scraper requests. Concurrent scrapes of one format share
 * one rendering. If a collector throws, the scrape fails: a partial exposition would look like
 * series that ended.
 */
export class MetricsRenderer {
  readonly #deps: MetricsRendererDeps
  readonly #running = new Map<FormatName, Promise<Exposition>>()

  constructor(deps: MetricsRendererDeps) {
    this.#deps = deps
  }

  /**
   * Renders one exposition; rejects if a collector throws.
   * @param accept the `Accept` header of the request
   */
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
    const isPauseDue = () => clock.monotonicMs() - sliceStartMs >= SLICE_MS
    const startSlice = async () => {
      await pause()
      sliceStartMs = clock.monotonicMs()
    }
    for (const collector of registry.collectors()) {
      const steps = collector.collect(exposition)[Symbol.iterator]()
      // Check after the last step too: it may have read thousands of items without writing a
      // sample.
      for (let isDone = false; !isDone;) {
        isDone = steps.next().done === true
        if (isDone) exposition.close(collector.definitions)
        if (isPauseDue()) await startSlice()
      }
    }
    // Each runs in its own tick: back to back they would block the event loop for longer than a
    // slice.
    await startSlice()
    await writeNodeMetrics?.(exposition, async () => {
      if (isPauseDue()) await startSlice()
    })
    await pause()
    exposition.write(scrapeDuration, {}, (clock.monotonicMs() - startedMs) / 1000)
    exposition.close([scrapeDuration])
    return { contentType: format.contentType, body: exposition.finish() }
  }
}

interface MediaRange {
  readonly type: string
  readonly version: string | undefined
  readonly quality: number
}

/**
 * Chooses the exposition format from an `Accept` header by RFC 9110: the most specific range that
 * matches a format gives its weight. The text format is used unless OpenMetrics is preferred or
 * named, and also if nothing matches, as Prometheus does.
 */
export function chooseFormat(accept: string | undefined): FormatName {
  const ranges = (accept ?? '').split(',').map(parseRange)
  const openMetrics = bestMatch(ranges, 'application/openmetrics-text', '1.0.0')
  const text = bestMatch(ranges, 'text/plain', '0.0.4')
  if (openMetrics.quality === 0) return 'text'
  if (openMetrics.quality > text.quality) return 'openmetrics'
  return openMetrics.quality === text.quality && openMetrics.isNamed ? 'openmetrics' : 'text'
}

function parseRange(range: string): MediaRange {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  let version: string | undefined
  let quality = 1
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=').map((part) => part.trim())
    if (name === 'version') version = value.replaceAll('"', '')
    if (name === 'q') quality = parseQuality(value)
  }
  return { type, version, quality }
}

/** Parses a weight; an invalid one counts as 0, so that the range matches nothing. */
function parseQuality(text: string): number {
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0
}

function bestMatch(
  ranges: readonly MediaRange[],
  type: string,
  version: string,
): { quality: number; isNamed: boolean } {
  let best = { specificity: 0, quality: 0 }
  for (const range of ranges) {
    const specificity = specificityOf(range, type, version)
    if (specificity > best.specificity) best = { specificity, quality: range.quality }
  }
  return { quality: best.quality, isNamed: best.specificity >= 3 }
}

function specificityOf(range: MediaRange, type: string, version: string): number {
  if (range.type === type) {
    if (range.version === version) return 4
    return range.version === undefined ? 3 : 0
  }
  if (range.type === `${type.split('/')[0] ?? ''}/*`) return 2
  return range.type === '*/*' ? 1 : 0
}
