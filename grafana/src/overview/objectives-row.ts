import { BURN_RATES } from '../../../prometheus/src/burn-rate.ts'
import { averageOf, BUDGET_LEFT } from '../../../prometheus/src/groups/freshness.ts'
import { ERROR_BUDGETS, THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { limitBelow } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { nowQuery, query } from '../parts/query.ts'
import { recorded } from '../parts/selector.ts'
import { stat } from '../parts/stat.ts'

/** The highest burn rate that pages: 2 % of the 30-day budget in an hour. */
const [{ factor: PAGING_FACTOR }] = BURN_RATES
const BURN_ALERTS = BURN_RATES.map(({ name }) => name)
const WINDOWS = ['5m', '1h', '6h'] as const

/** Row: objectives over 30 days, and how fast their budgets are used. */
export const objectivesRow: Row = {
  title: 'Objectives: 99.5 % over 30 days',
  panels: [
    stat({
      title: 'Freshness budget left',
      what: 'Share of the error budget of the last 30 days that is left. An hour in which no book is live spends an hour of it.',
      normal: 'above 0: the objective is met.',
      act: 'below 0, put reliability before changes; the graph shows when it was spent.',
      absent:
        'The recording rules have not been evaluated: prometheus/rules is not loaded, or Prometheus has just started',
      unit: 'percentunit',
      decimals: 1,
      queries: [nowQuery(`min(${recorded(BUDGET_LEFT)})`, 'left of 30 days')],
      thresholds: limitBelow(0),
      runbooks: ['OrderBookFreshnessBudgetBurnTrickle'],
    }),
    graph({
      title: 'Freshness: share of book time not live',
      what: 'Share of the expected book time of the window in which no process served the book. What is expected outlives those who serve it.',
      normal: `below ${ERROR_BUDGETS.freshness * 100} % in the long run; the line is where somebody is woken.`,
      act: 'the runbook of the alert; which books they are shows the table above.',
      absent:
        'The recording rules have not been evaluated: prometheus/rules is not loaded, or Prometheus has just started',
      unit: 'percentunit',
      width: 10,
      queries: WINDOWS.map((window) => query(`max(${recorded(averageOf(window))})`, window)),
      min: 0,
      limit: PAGING_FACTOR * ERROR_BUDGETS.freshness,
      runbooks: [
        ...BURN_ALERTS.map((speed) => `OrderBookFreshnessBudgetBurn${speed}`),
        'OrderBookBooksMissing',
      ],
    }),
    graph({
      title: 'Lag: share of updates late',
      what: `Share of the updates of the window that took longer than ${THRESHOLDS.lagSeconds} s from receipt to values readable.`,
      normal: `below ${ERROR_BUDGETS.lag * 100} % in the long run; the line is where somebody is woken.`,
      act: 'the dashboard of the pipeline shows which hop takes the time.',
      absent: 'No update, or the recording rules have not been evaluated',
      unit: 'percentunit',
      width: 10,
      queries: WINDOWS.map((window) =>
        query(`max(${recorded(`job:orderbook_late_updates:ratio_rate${window}`)})`, window),
      ),
      min: 0,
      limit: PAGING_FACTOR * ERROR_BUDGETS.lag,
      runbooks: BURN_ALERTS.map((speed) => `OrderBookLagBudgetBurn${speed}`),
    }),
  ],
}
