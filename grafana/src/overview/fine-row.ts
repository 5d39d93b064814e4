import { metric } from '../../../prometheus/src/metric-names.ts'
import { MISSING } from '../../../prometheus/src/groups/served.ts'
import { ERROR_BUDGETS, THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { BAD, GOOD, limitAbove, limitBelow, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { nowQuery } from '../parts/query.ts'
import { age, firingAlerts, rate, recorded, series } from '../parts/selector.ts'
import { stat } from '../parts/stat.ts'
import { EXCUSED, FAILING } from '../parts/states.ts'

/** 1: some process serves the book. */
const UP = `max by (job, instrument) (${series(metric.up)})`
/** So that nothing to report is 0, and no process is no value. */
const ZERO = `0 * count(${UP})`
const OF_BOOK = 'on (job, instrument)'
const PROCESS_UP = series('up')
const OURS = 'stage="receive_to_publish"'
/** Longer than a resync takes. */
const BAD_AFTER_SECONDS = 30

const countOfAlerts = (severity: string) => `count(
  group by (job, alertname) (${firingAlerts(`severity="${severity}"`)})
)
or
0 * count(ALERTS{alertname="Watchdog", alertstate="firing"})`

/** Row: eight health indicators. */
export const fineRow: Row = {
  title: 'Is it fine',
  panels: [
    stat({
      title: 'Books',
      what: 'Live books, those that the exchange halted or that have one side only, and those that should have values and have none. A book counts as live if one process serves it.',
      normal: 'none not live.',
      act: 'see the table below for names, times and reasons.',
      absent: 'No process has any instrument',
      unit: 'short',
      width: 4,
      queries: [
        nowQuery(`sum(${UP})`, 'live'),
        nowQuery(
          `count(
  max by (job, instrument) (${series(metric.state, EXCUSED)})
  unless ${OF_BOOK}
  ${UP} == 1
)
or
${ZERO}`,
          'one-sided, halted',
        ),
        nowQuery(
          `count(
  ${UP} == 0
  unless ${OF_BOOK}
  ${series(metric.state, EXCUSED)}
)
or
${ZERO}`,
          'not live',
        ),
      ],
      thresholds: limitAbove(1),
      reported: ['live', 'one-sided, halted'],
      runbooks: ['OrderBookNotLive', 'OrderBookNoInstruments'],
    }),
    stat({
      title: 'Missing books',
      what: 'Share of the expected books that no process serves, also those whose processes are gone. One-sided and halted books are served.',
      normal: `0 %; above ${THRESHOLDS.missingShare * 100} % somebody is woken.`,
      act: 'more than the books not live: consumers are gone, or do not have all partitions.',
      absent: 'The recording rules have not been evaluated',
      unit: 'percentunit',
      decimals: 1,
      width: 3,
      queries: [nowQuery(`max(${recorded(MISSING)})`, 'missing')],
      thresholds: limitAbove(THRESHOLDS.missingShare),
      runbooks: ['OrderBookBooksMissing'],
    }),
    stat({
      title: 'Longest time not live',
      what: 'How long the book that has failed for longest has had its state and reason. One-sided and halted books are excluded.',
      normal: '0 s.',
      act: 'see the table below: the first row is this book.',
      absent: 'No process has any instrument',
      unit: 's',
      decimals: 0,
      width: 3,
      queries: [
        nowQuery(
          `max(
  time() - ${series(metric.stateSinceTimestamp)}
  and on (job, instance, instrument)
  ${series(metric.state, FAILING)}
)
or
${ZERO}`,
          'longest',
        ),
      ],
      thresholds: limitAbove(BAD_AFTER_SECONDS),
      runbooks: ['OrderBookNotLive'],
    }),
    stat({
      title: 'Oldest verification',
      what: 'Longest time since the last verification of a book. Halted books are excluded, as the exchange sends nothing for them.',
      normal: `about two seconds and less; above ${THRESHOLDS.staleSeconds} s a book shows no values.`,
      act: 'see the ages below: all books, those of one partition, or one.',
      absent: 'No book has ever been verified, or no consumer is scraped',
      unit: 's',
      decimals: 1,
      width: 3,
      queries: [
        nowQuery(
          `max(
  ${age(metric.lastVerifiedTimestamp)}
  unless on (job, instance, instrument)
  ${series(metric.state, 'state="halted"')}
)`,
          'oldest verification',
        ),
      ],
      thresholds: limitAbove(THRESHOLDS.staleSeconds),
      runbooks: ['OrderBookStale'],
    }),
    stat({
      title: 'Late updates',
      what: `Share of updates that took longer than ${THRESHOLDS.lagSeconds} s from receipt to values readable.`,
      normal: `below ${ERROR_BUDGETS.lag * 100} %, the objective over 30 days.`,
      act: 'the dashboard of the pipeline shows which hop takes the time.',
      absent: 'No update in this time: silence has no lag',
      unit: 'percentunit',
      decimals: 2,
      width: 3,
      queries: [
        nowQuery(
          `1 -
sum(${rate(`${metric.pipelineLag}_bucket`, OURS, `le="${THRESHOLDS.lagSeconds}"`)})
/
(sum(${rate(`${metric.pipelineLag}_count`, OURS)}) > 0)`,
          'late',
        ),
      ],
      thresholds: limitAbove(ERROR_BUDGETS.lag),
      runbooks: ['OrderBookPipelineLagHigh', 'OrderBookLagBudgetBurnFast'],
    }),
    stat({
      title: 'Exchange',
      what: 'Whether all connections of all producers to the exchange are open, and whether the exchange is in maintenance.',
      normal: 'connected, trading.',
      act: 'maintenance ends by itself; else the dashboard of the pipeline shows how connections end.',
      absent: 'No producer is scraped',
      unit: 'none',
      width: 3,
      queries: [
        nowQuery(`min(${series(metric.feedConnected)})`, 'feed'),
        nowQuery(`2 + max(${series(metric.exchangeMaintenance)})`, 'exchange'),
      ],
      mappings: words({
        0: ['not connected', BAD],
        1: ['connected', GOOD],
        2: ['trading', GOOD],
        3: ['maintenance', BAD],
      }),
      thresholds: limitBelow(1),
      textSize: 16,
      runbooks: ['OrderBookFeedDisconnected', 'OrderBookExchangeMaintenance'],
    }),
    stat({
      title: 'Processes',
      what: 'Processes of the job that Prometheus can scrape, and those that it cannot.',
      normal: 'none down.',
      act: 'restart the process, or find out why it hangs; its own series are missing.',
      absent: 'Prometheus has no target of this job',
      unit: 'short',
      width: 2,
      queries: [
        nowQuery(`sum(${PROCESS_UP})`, 'scraped'),
        nowQuery(`count(${PROCESS_UP}) - sum(${PROCESS_UP})`, 'down'),
      ],
      thresholds: limitAbove(1),
      reported: ['scraped'],
      runbooks: ['OrderBookExporterDown', 'OrderBookExporterAbsent'],
    }),
    stat({
      title: 'Alerts',
      what: 'Kinds of alerts of the service that fire, by severity. None is shown only while the Watchdog fires, which shows that alerts are evaluated.',
      normal: 'none.',
      act: 'they are listed below, each with its runbook.',
      absent: 'Prometheus does not evaluate our alerts',
      unit: 'short',
      width: 3,
      queries: [
        nowQuery(countOfAlerts('critical'), 'critical'),
        nowQuery(countOfAlerts('warning'), 'warning'),
      ],
      thresholds: limitAbove(1),
      doubtful: ['warning'],
      runbooks: ['Watchdog'],
    }),
  ],
}
