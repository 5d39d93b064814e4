import { BURN_RATES } from '../../../prometheus/src/burn-rate.ts'
import { ERROR_BUDGETS, THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { recorded } from '../parts/selector.ts'

/** The highest burn rate that pages: 2 % of the 30-day budget in an hour. */
const [{ factor: PAGING_FACTOR }] = BURN_RATES
const BURN_ALERTS = BURN_RATES.map(({ name }) => name)
const WINDOWS = ['5m', '1h', '6h'] as const

/** Row: objectives over 30 days, and how fast their budgets are used. */
export const objectivesRow: Row = {
  title: 'Objectives: 99.5 % over 30 days',
  panels: [
    graph({
      title: 'Freshness: share of time stale',
      what: `Share of the window in which a book was not verified for ${THRESHOLDS.staleSeconds} s; the worst book.`,
      normal: `below ${ERROR_BUDGETS.freshness * 100} % in the long run; the line is where somebody is woken.`,
      act: 'the runbook of the alert; which book it is shows the table above.',
      absent:
        'The recording rules have not been evaluated: prometheus/rules is not loaded, or Prometheus has just started',
      unit: 'percentunit',
      queries: WINDOWS.map((window) =>
        query(`max(${recorded(`job_instrument:orderbook_stale:ratio_avg${window}`)})`, window),
      ),
      min: 0,
      limit: PAGING_FACTOR * ERROR_BUDGETS.freshness,
      runbooks: BURN_ALERTS.map((speed) => `OrderBookFreshnessBudgetBurn${speed}`),
    }),
    graph({
      title: 'Lag: share of updates late',
      what: `Share of the updates of the window that took longer than ${THRESHOLDS.lagSeconds} s from receipt to values readable.`,
      normal: `below ${ERROR_BUDGETS.lag * 100} % in the long run; the line is where somebody is woken.`,
      act: 'the dashboard of the pipeline shows which hop takes the time.',
      absent: 'No update, or the recording rules have not been evaluated',
      unit: 'percentunit',
      queries: WINDOWS.map((window) =>
        query(`max(${recorded(`job:orderbook_late_updates:ratio_rate${window}`)})`, window),
      ),
      min: 0,
      limit: PAGING_FACTOR * ERROR_BUDGETS.lag,
      runbooks: BURN_ALERTS.map((speed) => `OrderBookLagBudgetBurn${speed}`),
    }),
  ],
}
