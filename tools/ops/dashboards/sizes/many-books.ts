import { JOB } from '../../../../prometheus/src/generation.ts'
import {
  type LabelSpec,
  type MetricDefinition,
  OPEN,
} from '../../../../src/observability/catalogue/definition.ts'
import * as catalogue from '../../../../src/observability/catalogue/catalogue.ts'
import type { DashboardModel } from '../dashboard-model.ts'
import { selectorsOf } from '../promql.ts'

/*
 * Series of a service with many books, of which a half fails in the second half of the time: what
 * Prometheus has when somebody opens a dashboard in an outage.
 */

type Labels = Readonly<Record<string, string>>

/** A series as a function of time, in seconds since the start; null where it has no sample. */
export interface TimedSeries {
  readonly labels: Labels
  readonly at: (seconds: number) => number | null
}

const CONSUMERS = ['consumer-1:9464', 'consumer-2:9464']
const PRODUCERS = ['producer-1:9464', 'producer-2:9464']
/** As many books have full detail; Prometheus scrapes both where `auto` differs by process. */
const FULL_BOOKS = 10
/** Values of labels that the catalogue leaves open. */
const OPEN_VALUES: Readonly<Record<string, readonly string[]>> = {
  depth: ['1', '5', '10'],
  band_bps: ['0.5', '1', '2'],
  window: ['1s', '10s', '60s'],
  horizon: ['1s', '10s', '60s'],
  topic: ['prices', 'trades'],
  partition: Array.from({ length: 12 }, (_, partition) => String(partition)),
  route: ['/metrics', '/readyz', '/livez', '/api/v1/snapshots', '/api/v1/stream', '/'],
  method: ['GET'],
  status: ['200', '503'],
}

export interface ManyBooks {
  readonly instruments: readonly string[]
  readonly series: readonly TimedSeries[]
}

/** When the samples begin, Unix time, and after how long a half of the books becomes stale. */
export interface Course {
  readonly startSeconds: number
  readonly failsAfterSeconds: number
}

/**
 * @param count at least 10 books
 * @param dashboards whose other series (Node, recorded ones) are added
 */
export function manyBooks(
  count: number,
  { startSeconds, failsAfterSeconds }: Course,
  dashboards: readonly DashboardModel[],
): ManyBooks {
  const instruments = Array.from({ length: count }, (_, index) => nameOf(index))
  const books = instruments.map((instrument, index): Book => {
    const failsAfter = index % 2 === 1 ? failsAfterSeconds : Infinity
    return {
      instrument,
      index,
      isFailed: (seconds) => seconds >= failsAfter,
      // A moment before each scrape, until the failure.
      verifiedAt: (seconds) =>
        startSeconds + Math.min(seconds, failsAfter) - 0.1 - (index % 7) / 10,
      failedAt: startSeconds + failsAfterSeconds + index / 1e4,
    }
  })
  const series = Object.values(catalogue).flatMap((definition) => ofDefinition(definition, books))
  return { instruments, series: [...series, ...others(dashboards, books)] }
}

interface Book {
  readonly instrument: string
  readonly index: number
  readonly isFailed: (seconds: number) => boolean
  /** Unix time. */
  readonly verifiedAt: (seconds: number) => number
  /** Unix time. */
  readonly failedAt: number
}

/** Names of the exchange's length. */
function nameOf(index: number): string {
  if (index < 2) return ['BTC-PERPETUAL', 'ETH-PERPETUAL'][index] ?? ''
  return `BTC-${1 + (index % 28)}DEC26-${20_000 + 500 * index}-${index % 2 === 0 ? 'C' : 'P'}`
}

function ofDefinition(definition: MetricDefinition, books: readonly Book[]): TimedSeries[] {
  const { name, labels, role } = definition
  const instances = role === 'producer' ? PRODUCERS : CONSUMERS
  if (!('instrument' in labels)) {
    const all = role === 'both' ? [...PRODUCERS, ...CONSUMERS] : instances
    return all.flatMap((instance) =>
      labelSets(labels).flatMap((set) =>
        samplesOf(definition, { __name__: name, job: JOB, instance, ...set }),
      ),
    )
  }
  return books.flatMap((book) => {
    if (definition.detail === 'full' && book.index >= FULL_BOOKS) return []
    const rest = Object.fromEntries(
      Object.entries(labels).filter(([label]) => label !== 'instrument'),
    )
    const own = role === 'producer' ? PRODUCERS : [CONSUMERS[book.index % 4 < 2 ? 0 : 1] ?? '']
    return own.flatMap((instance) => {
      const base = { __name__: name, job: JOB, instance, instrument: book.instrument }
      if (name === catalogue.state.name) return statesOf(base, book)
      return labelSets(rest).map((set) => ofBook(definition, { ...base, ...set }, book))
    })
  })
}

function statesOf(base: Labels, book: Book): TimedSeries[] {
  return [
    {
      labels: { ...base, state: 'live', reason: '' },
      at: (seconds) => (book.isFailed(seconds) ? null : 1),
    },
    {
      labels: { ...base, state: 'stale', reason: 'unverified' },
      at: (seconds) => (book.isFailed(seconds) ? 1 : null),
    },
  ]
}

/** Values of failing books disappear; what says how they are stays. */
const STAYS: ReadonlySet<string> = new Set([
  catalogue.updates.name,
  catalogue.instrumentInfo.name,
  catalogue.gaps.name,
  catalogue.partition.name,
  catalogue.tickSize.name,
])

function ofBook(definition: MetricDefinition, labels: Labels, book: Book): TimedSeries {
  const { name, type } = definition
  if (name === catalogue.up.name) {
    return { labels, at: (seconds) => (book.isFailed(seconds) ? 0 : 1) }
  }
  if (name === catalogue.stateSinceTimestamp.name) {
    return { labels, at: (seconds) => (book.isFailed(seconds) ? book.failedAt : null) }
  }
  if (name.endsWith('_timestamp_seconds')) return { labels, at: book.verifiedAt }
  const [plain] = samplesOf(definition, labels)
  if (plain === undefined) throw new Error(`${name} has no series`)
  if (type === 'counter' || STAYS.has(name)) return plain
  return {
    labels,
    at: (seconds) => (book.isFailed(seconds) ? null : plain.at(seconds)),
  }
}

/** The series of one label set: one, or the buckets of a histogram. */
function samplesOf(definition: MetricDefinition, labels: Labels): TimedSeries[] {
  const { name, type } = definition
  if (type === 'counter') return [{ labels, at: (seconds) => Math.floor(seconds * 7.3) }]
  if (type === 'gauge') return [{ labels, at: oscillation(labels) }]
  const bounds = [...definition.buckets.map(String), '+Inf']
  return [
    ...bounds.map((le, index) => ({
      labels: { ...labels, __name__: `${name}_bucket`, le },
      at: (seconds: number) => Math.floor(seconds * (index + 1)),
    })),
    {
      labels: { ...labels, __name__: `${name}_count` },
      at: (seconds) => Math.floor(seconds * bounds.length),
    },
    { labels: { ...labels, __name__: `${name}_sum` }, at: (seconds) => seconds * 0.0123 },
  ]
}

/** A value with as many digits as a computed one, different at each time and for each series. */
function oscillation(labels: Labels): (seconds: number) => number {
  let seed = 0
  for (const text of Object.values(labels)) {
    for (const character of text) seed = (seed * 31 + character.charCodeAt(0)) % 9973
  }
  return (seconds) => Math.sin(seconds / 30 + seed) / 3 + 0.5
}

function labelSets(spec: LabelSpec): Labels[] {
  let sets: Labels[] = [{}]
  for (const [name, values] of Object.entries(spec)) {
    const all = values === OPEN ? (OPEN_VALUES[name] ?? ['x']) : values
    sets = sets.flatMap((labels) => all.map((value) => ({ ...labels, [name]: value })))
  }
  return sets
}

/** What the dashboards read beside the catalogue: series of Prometheus, Node and rules, and alerts. */
function others(dashboards: readonly DashboardModel[], books: readonly Book[]): TimedSeries[] {
  const known = new Set(
    Object.values(catalogue).flatMap(({ name }) => [
      name,
      ...['_bucket', '_sum', '_count'].map((suffix) => name + suffix),
    ]),
  )
  const names = new Set(
    dashboards
      .flatMap(({ panels, annotations }) => [
        ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
        ...annotations.map(({ expr }) => expr),
      ])
      .flatMap(selectorsOf)
      .map(({ name }) => name)
      .filter((name) => !known.has(name) && !name.startsWith('ALERTS')),
  )
  const ofBooks = [...names].filter((name) => name.startsWith('job_instrument:'))
  const plain = [...names.difference(new Set(ofBooks))].flatMap((name) => {
    const places = name.startsWith('job:')
      ? [{}]
      : [...PRODUCERS, ...CONSUMERS].map((instance) => ({ instance }))
    return places.map((place) => {
      const labels = { __name__: name, job: JOB, ...place }
      const rises = name.endsWith('_total') || name.endsWith('_sum')
      return { labels, at: rises ? (seconds: number) => seconds * 0.31 : oscillation(labels) }
    })
  })
  return [
    ...plain,
    ...books.flatMap(alertsOf),
    ...ofBooks.flatMap((name) => books.map((book) => recordedOf(name, book))),
  ]
}

/** A recorded series of a book: 1 while it fails. */
function recordedOf(name: string, { instrument, isFailed }: Book): TimedSeries {
  const labels = { __name__: name, job: JOB, instrument }
  return { labels, at: (seconds) => (isFailed(seconds) ? 1 : 0) }
}

/** A warning for each failing book. */
function alertsOf({ instrument, index, isFailed, failedAt }: Book): TimedSeries[] {
  if (index % 2 === 0) return []
  const labels = { job: JOB, alertname: 'OrderBookStale', severity: 'warning', instrument }
  return [
    {
      labels: { ...labels, __name__: 'ALERTS', alertstate: 'firing' },
      at: (seconds) => (isFailed(seconds) ? 1 : null),
    },
    {
      labels: { ...labels, __name__: 'ALERTS_FOR_STATE' },
      at: (seconds) => (isFailed(seconds) ? failedAt : null),
    },
  ]
}
