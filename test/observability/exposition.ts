import { type LabelSpec, OPEN } from '../../src/observability/catalogue/definition.ts'
import { MetricRegistry } from '../../src/observability/metrics/registry.ts'
import { METRIC_GROUPS } from '../../tools/docs/metric-groups.ts'

/** Wall clock of the registry below. */
export const CREATED_MS = 1_790_000_000_250

/**
 * Creates a registry in which every definition of the catalogue has all its closed values and one
 * open value.
 */
export function fullRegistry(openValue = 'x'): MetricRegistry {
  const registry = new MetricRegistry({ role: 'all', clock: { nowMs: () => CREATED_MS } })
  for (const definition of METRIC_GROUPS.flatMap(({ definitions }) => definitions)) {
    // Written by the renderer itself.
    if (definition.name === 'orderbook_scrape_duration_seconds') continue
    const sets = labelSets(definition.labels, openValue)
    if (definition.type === 'counter') {
      for (const labels of sets) registry.counter(definition).series(labels).add(3)
    } else if (definition.type === 'histogram') {
      for (const labels of sets) {
        const series = registry.histogram(definition).series(labels)
        series.observe(0.3)
        if (definition.name === 'orderbook_pipeline_lag_seconds') {
          series.setExemplar(0.3, 'ab'.repeat(16), 1_790_000_000_123)
        }
      }
    } else registry.gauge(definition, () => sets.map((labels) => ({ labels, value: 1.5 })))
  }
  return registry
}

function labelSets(spec: LabelSpec, openValue: string): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(spec)) {
    const all = values === OPEN ? [openValue] : values
    sets = sets.flatMap((labels) => all.map((value) => ({ ...labels, [name]: value })))
  }
  return sets
}

export interface ParsedExemplar {
  readonly traceId: string
  readonly value: number
  readonly timestampSeconds: number
}

export interface ParsedExposition {
  /** Value by series, the bounds of buckets as numbers so that the formats compare. */
  readonly series: ReadonlyMap<string, number>
  /** Type by family name as written. */
  readonly types: ReadonlyMap<string, string>
  /** By series, like `series`; only in OpenMetrics. */
  readonly exemplars: ReadonlyMap<string, ParsedExemplar>
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const EXEMPLAR = /^(.+) # \{(.*)\} (\S+) (\S+)$/
/** Length of names and values together, as OpenMetrics defines it. */
const MAX_EXEMPLAR_CHARACTERS = 128
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
const NUMBER = /^-?(\d+(\.\d+)?(e[+-]\d+)?)$/

/**
 * Parses an exposition strictly: throws for an unknown line, a split family or a duplicate series.
 */
export function parseExposition(exposition: string): ParsedExposition {
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  const exemplars = new Map<string, ParsedExemplar>()
  const closed = new Set<string>()
  let family = ''
  if (!exposition.endsWith('\n')) throw new Error('no end of line at the end')
  for (const line of exposition.slice(0, -1).split('\n')) {
    const head = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line)
    if (head !== null) {
      const [, word = '', name = '', rest = ''] = head
      if (name !== family) {
        if (closed.has(name)) throw new Error(`split family: ${name}`)
        closed.add(name)
        family = name
      }
      if (word === 'TYPE') types.set(name, rest)
      continue
    }
    if (line === '# EOF') {
      if (!exposition.endsWith('\n# EOF\n')) throw new Error('EOF before the end')
      continue
    }
    const marked = exposition.endsWith('\n# EOF\n') ? EXEMPLAR.exec(line) : null
    const sample = SAMPLE.exec(marked?.[1] ?? line)
    if (sample === null) throw new Error(`not a sample: ${line}`)
    const [, name = '', labels = '', value = ''] = sample
    if (!name.startsWith(family)) throw new Error(`sample outside its family: ${line}`)
    if (!NUMBER.test(value)) throw new Error(`not a number: ${line}`)
    const key = `${name}{${parseLabels(labels)}}`
    if (series.has(key)) throw new Error(`duplicate series: ${key}`)
    series.set(key, Number(value))
    if (marked !== null) exemplars.set(key, parseExemplar(name, marked))
  }
  return { series, types, exemplars }
}

function parseExemplar(name: string, [line, , labels = '', value = '', time = '']: string[]) {
  if (!name.endsWith('_bucket')) throw new Error(`unexpected exemplar: ${line}`)
  if (!NUMBER.test(value) || !NUMBER.test(time)) throw new Error(`not an exemplar: ${line}`)
  const [, traceId] = /^trace_id=([0-9a-f]{32})$/.exec(parseLabels(labels)) ?? []
  if (traceId === undefined) throw new Error(`not the label of an exemplar: ${line}`)
  if ([...labels.replaceAll(/["=,]/g, '')].length > MAX_EXEMPLAR_CHARACTERS) {
    throw new Error(`labels of an exemplar too long: ${line}`)
  }
  return { traceId, value: Number(value), timestampSeconds: Number(time) }
}

function parseLabels(text: string): string {
  const labels: string[] = []
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const label = LABEL.exec(text)
    if (label === null) throw new Error(`not labels: ${text}`)
    const [, name = '', value = ''] = label
    labels.push(`${name}=${name === 'le' && value !== '+Inf' ? String(Number(value)) : value}`)
  }
  return labels.join(',')
}
