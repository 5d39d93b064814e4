import { RUNBOOK_BASE_URL } from '../../../prometheus/src/generation.ts'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { BAD, DOUBTFUL, GOOD, NEUTRAL, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { urlLink } from '../parts/link.ts'
import { rowsQuery } from '../parts/query.ts'
import { age, ALERTS_SINCE, firingAlerts, series } from '../parts/selector.ts'
import { EXCUSED, FAILING, STATE_TEXTS } from '../parts/states.ts'
import { table } from '../parts/table.ts'
import { highestRows } from '../parts/worst.ts'

const OF_BOOK = 'instrument, instance'
const SNAPSHOT = '/api/v1/snapshots/${__data.fields.instrument}?allowStale=true'
const OF_ALERT = 'alertname, severity'
/** Rows of one kind of alert: as many books may have the same. */
const EXAMPLES = 3

const byBook = (selector: string) => `max by (${OF_BOOK}) (${selector})`

/** 2: should have values and has none; 1: excused by the exchange; 0: live. */
const SEVERITY = `2 * ${byBook(series(metric.state, FAILING))}
or
${byBook(series(metric.state, EXCUSED))}
or
0 * ${byBook(series(metric.up))}`

/** By severity, and among failing books by time, longest first. */
const RANK = `
  1e9 + time() - ${byBook(series(metric.stateSinceTimestamp))}
  and on (${OF_BOOK})
  ${series(metric.state, FAILING)}
  or
  1e9 * ${byBook(series(metric.state, FAILING))}
  or
  ${byBook(series(metric.state, EXCUSED))}
  or
  0 * ${byBook(series(metric.up))}
`

const ofWorst = (expr: string) => rowsQuery(highestRows(expr, RANK, OF_BOOK))

const ALERTS = `max by (${OF_ALERT}, instrument, instance) (${firingAlerts()})`
const EXAMPLES_OF_ALERTS = `topk by (${OF_ALERT}) (${EXAMPLES}, ${ALERTS})`

/** Tables: which books have no values, since when and why. */
export const whichRow: Row = {
  title: 'Which, since when, why',
  panels: [
    table({
      title: 'Books, failing first',
      what: 'At most 50 books: first those that should have values and have none, longest first, then one-sided and halted ones. The name links to its snapshot.',
      normal: 'none with `no` in the column live.',
      act: 'stale and gap come from this service or the network; halted, invalid and one_sided come from the exchange.',
      absent:
        'No process has these instruments: no consumer is scraped, or none owns their partitions',
      unit: 'none',
      width: 14,
      height: 10,
      sortBy: ['-live', 'since'],
      queries: [
        ofWorst(`max by (${OF_BOOK}, state, reason) (${series(metric.state)})`),
        ofWorst(`(
${SEVERITY}
)`),
        ofWorst(`${byBook(series(metric.stateSinceTimestamp))} * 1000`),
        ofWorst(byBook(age(metric.lastVerifiedTimestamp))),
      ],
      columns: [
        {
          from: 'instrument',
          title: 'instrument',
          links: [
            urlLink('Snapshot from the API', `\${api:raw}${SNAPSHOT}`),
            urlLink(
              'Snapshot from the process itself',
              `http://\${__data.fields.instance}${SNAPSHOT}`,
            ),
          ],
        },
        { from: 'state', title: 'state', width: 95, mappings: STATE_TEXTS },
        { from: 'reason', title: 'reason', width: 120 },
        { from: 'Value #C', title: 'since', width: 110, unit: 'dateTimeAsLocalNoDateIfToday' },
        {
          from: 'Value #D',
          title: 'verified',
          width: 75,
          unit: 's',
          decimals: 1,
          limit: THRESHOLDS.staleSeconds,
        },
        {
          from: 'Value #B',
          title: 'live',
          width: 70,
          mappings: words({ 2: ['no', BAD], 1: ['excused', NEUTRAL], 0: ['yes', GOOD] }),
        },
        { from: 'instance', title: 'instance', width: 135 },
      ],
      runbooks: ['OrderBookNotLive', 'OrderBookStale'],
    }),
    table({
      title: 'Firing alerts',
      what: 'Each kind of alert with up to three of its books or processes, how many there are, and since when. The name links to its runbook.',
      normal: 'no row.',
      act: 'critical ones first; follow the runbook.',
      absent: 'No alert fires. (Whether alerts are evaluated: the number above.)',
      unit: 'none',
      width: 10,
      height: 10,
      sortBy: ['severity', 'since'],
      queries: [
        rowsQuery(`${EXAMPLES_OF_ALERTS}
* on (${OF_ALERT}) group_left ()
count by (${OF_ALERT}) (${ALERTS})`),
        rowsQuery(`1000 * max by (${OF_ALERT}, instrument, instance) (${ALERTS_SINCE})
and on (${OF_ALERT}, instrument, instance)
${EXAMPLES_OF_ALERTS}`),
      ],
      columns: [
        {
          from: 'alertname',
          title: 'alertname',
          links: [urlLink('Runbook', `${RUNBOOK_BASE_URL}/\${__data.fields.alertname}.md`)],
        },
        {
          from: 'severity',
          title: 'severity',
          width: 80,
          mappings: words({
            critical: ['critical', BAD],
            warning: ['warning', DOUBTFUL],
            info: ['info', NEUTRAL],
          }),
        },
        { from: 'Value #B', title: 'since', width: 90, unit: 'dateTimeAsLocalNoDateIfToday' },
        { from: 'Value #A', title: 'of all', decimals: 0, width: 55 },
        { from: 'instrument', title: 'instrument', width: 130 },
        { from: 'instance', title: 'instance', width: 120 },
      ],
    }),
  ],
}
