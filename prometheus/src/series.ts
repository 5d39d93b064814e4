import { JOB } from './generation.ts'
import { indent } from './rule.ts'

/** The matcher of the job that the rules are about. */
const OF_JOB = `job="${JOB}"`

/**
 * A selector of the job's series.
 * @param matchers further ones: `state="live"`
 */
export function of(name: string, matchers = ''): string {
  return `${name}{${OF_JOB}${matchers === '' ? '' : `, ${matchers}`}}`
}

/** Scrapes of the job. */
export const UP = of('up')

/**
 * Series of a counter that began within 5 minutes, which `increase` does not count. A series that
 * only returns, because its process or Prometheus was away, is none: its events are older. Most counters
 * are at 0, and joining those of thousands of books takes seconds.
 */
function begun(counter: string): string {
  return `(
  ${counter} > 0
  unless
  ${counter} offset 5m
  unless on (job, instance)
  (min_over_time(${UP}[6m]) == 0 or (${UP} unless ${UP} offset 5m))
)`
}

/** Events of a counter within 5 minutes by labels, with those of series that began meanwhile. */
export function eventsBy(labels: string, counter: string): string {
  return `sum by (${labels}) (
${indent(begun(counter), 2)}
  or
  increase(${counter}[5m])
)`
}
