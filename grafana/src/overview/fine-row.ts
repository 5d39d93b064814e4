import { metric } from '../../../prometheus/src/metric-names.ts'
import { ERROR_BUDGETS, THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { BAD, GOOD, limitAbove, limitBelow, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { nowQuery } from '../parts/query.ts'
import { age, FIRING_ALERTS, rate, series } from '../parts/selector.ts'
import { stat } from '../parts/stat.ts'

const UP = `min by (job, instrument) (${series(metric.up)})`
const PROCESS_UP = series('up')
const OURS = 'stage="receive_to_publish"'

/** Row: six health indicators. */
export const fineRow: Row = {
  title: 'Is it fine',
  panels: [
    stat({
      title: 'Books',
      what: 'Instruments with and without values. If several processes have one, all must be live.',
      normal: 'none without values.',
      act: 'see the table below for names, times and reasons.',
      absent: 'No process answers for any instrument',
      unit: 'short',
      queries: [
        nowQuery(`sum(${UP})`, 'live'),
        nowQuery(`count(${UP}) - sum(${UP})`, 'without values'),
      ],
      thresholds: limitAbove(1),
      reported: ['live'],
      runbooks: ['OrderBookNotLive', 'OrderBookNoInstruments'],
    }),
    stat({
      title: 'Oldest verification',
      what: 'Longest time since the last verification of a book. Halted books are excluded, as the exchange sends nothing for them.',
      normal: `about two seconds and less; above ${THRESHOLDS.staleSeconds} s a book shows no values.`,
      act: 'see the ages below: all books, those of one partition, or one.',
      absent: 'No book has ever been verified, or no consumer is scraped',
      unit: 's',
      decimals: 1,
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
      textSize: 20,
      runbooks: ['OrderBookFeedDisconnected', 'OrderBookExchangeMaintenance'],
    }),
    stat({
      title: 'Processes',
      what: 'Processes of the job that Prometheus can scrape, and those that it cannot.',
      normal: 'none down.',
      act: 'restart the process, or find out why it hangs; its own series are missing.',
      absent: 'Prometheus has no target of this job',
      unit: 'short',
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
      what: 'Alerts of the service that fire. None is shown only while the Watchdog fires, which shows that alerts are evaluated.',
      normal: 'none.',
      act: 'they are listed below, each with its runbook.',
      absent: 'Prometheus does not evaluate our alerts',
      unit: 'short',
      queries: [
        nowQuery(
          `count(${FIRING_ALERTS})
or
0 * count(ALERTS{alertname="Watchdog", alertstate="firing"})`,
          'firing',
        ),
      ],
      thresholds: limitAbove(1),
      runbooks: ['Watchdog'],
    }),
  ],
}
