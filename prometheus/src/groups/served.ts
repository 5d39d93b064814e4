import { FIRST_TIER } from '../generation.ts'
import { metric } from '../metric-names.ts'
import { indent, type RuleGroup } from '../rule.ts'
import { of, UP } from '../series.ts'
import { THRESHOLDS } from '../thresholds.ts'

/** How long a recorded series may be away before what it remembers is lost. */
const MEMORY = '5m'

const UNSERVED = 'job_instrument:orderbook_unserved:bool'
const EXPECTED_OF_SHARD = 'job_shard:orderbook_expected_books:count'
const SERVED = 'job:orderbook_served_books:count'

/** 1: no process serves the wanted book, even when its series have gone; 0: one does. */
export const FAILING = 'job_instrument:orderbook_failing:bool'
/** Books that the job is to serve. */
export const EXPECTED = 'job:orderbook_expected_books:count'
/** Share of the expected books that no process serves. */
export const MISSING = 'job:orderbook_missing_books:ratio'

/** One-sided books are ordinary for options; halted ones are the exchange's decision. */
export const EXCUSED = `${of(metric.state, 'state=~"one_sided|halted"')}`

/** The producers ask for no more books than are served, and none is away: others are not wanted. */
const NOTHING_MISSING = `(
  ${SERVED} >= on (job) sum by (job) (${EXPECTED_OF_SHARD})
  unless on (job)
  ${UP} == 0
)`

/** A selector of the job's recorded series. */
const remembered = (record: string) => `last_over_time(${of(record)}[${MEMORY}])`

/** Books that page one by one: those of the first tier, and all where they are few. */
export function firstTier(series: string): string {
  const few = `(${series} and on (job) ${EXPECTED} <= ${THRESHOLDS.fewBooks})`
  if (FIRST_TIER.length === 0) return few
  return `((${series} and on (instrument) (${FIRST_TIER.map(nameOf).join(' or ')})) or ${few})`
}

/** Readers are served: what failed is redundant, or its books page by themselves. */
export const READERS_SERVED = `${MISSING} <= ${THRESHOLDS.missingShare}`

const nameOf = (instrument: string) =>
  `label_replace(vector(1), "instrument", "${instrument}", "", "")`

/**
 * Recorded series about what readers get, each from the state in one scrape. What is expected comes
 * from those who are asked for it and outlives them: an outage cannot shrink its own denominator.
 */
export const servedGroups: readonly RuleGroup[] = [
  {
    name: 'orderbook_served',
    rules: [
      {
        // Redundant producers have the same shard. A shard that is gone counts while others of the same
        // division are there, or while there is none at all.
        record: EXPECTED_OF_SHARD,
        expr: `max by (job, shard, shards) (${of(metric.instrumentsExpected)})
or
(
  ${remembered(EXPECTED_OF_SHARD)}
  and on (job, shards)
  ${of(metric.instrumentsExpected)}
)
or
(
  ${remembered(EXPECTED_OF_SHARD)}
  unless on (job)
  ${of(metric.instrumentsExpected)}
)`,
      },
      {
        // A name without a snapshot that the exchange does not list is a mistake in INSTRUMENTS.
        record: UNSERVED,
        expr: `1
-
max by (job, instrument) (
  ${EXCUSED}
  or on (job, instance, instrument)
  (
    ${of(metric.state, 'state="waiting"')}
    unless on (job, instrument)
    ${of(metric.instrumentInfo)}
  )
  or on (job, instance, instrument)
  ${of(metric.up)}
)
or
${remembered(FAILING)} == 1`,
      },
      {
        record: FAILING,
        expr: `${UNSERVED} == 0
or
(
  ${UNSERVED} == 1
  unless on (job)
${indent(NOTHING_MISSING, 2)}
)`,
      },
      {
        record: SERVED,
        expr: `sum by (job) (1 - ${UNSERVED})
or
sum by (job) (${of(metric.instruments, 'state=~"live|one_sided|halted"')})`,
      },
      {
        record: EXPECTED,
        expr: `max by (job) (
  label_replace(sum by (job) (${EXPECTED_OF_SHARD}), "by", "producers", "", "")
  or
  label_replace(count by (job) (${FAILING}), "by", "consumers", "", "")
)
or
${remembered(EXPECTED)}`,
      },
      {
        record: MISSING,
        expr: `clamp_min(
  1
  -
  (${SERVED} or on (job) 0 * ${EXPECTED})
  / on (job)
  (${EXPECTED} > 0),
  0
)`,
      },
    ],
  },
]
