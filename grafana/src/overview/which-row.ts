import { RUNBOOK_BASE_URL } from '../../../prometheus/src/generation.ts'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { BAD, DOUBTFUL, GOOD, NEUTRAL, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { urlLink } from '../parts/link.ts'
import { rowsQuery } from '../parts/query.ts'
import { age, FIRING_ALERTS, series } from '../parts/selector.ts'
import { STATE_TEXTS } from '../parts/states.ts'
import { table } from '../parts/table.ts'

const OF_BOOK = 'instrument, instance'
const SNAPSHOT = '/api/v1/snapshots/${__data.fields.instrument}?allowStale=true'

/** Tables: which books have no values, since when and why. */
export const whichRow: Row = {
  title: 'Which, since when, why',
  panels: [
    table({
      title: 'Books',
      what: 'Every book of the processes, those without values first, with state, reason and time. The name links to its snapshot.',
      normal: 'all live.',
      act: 'stale and gap come from this service or the network; halted, invalid and one_sided come from the exchange.',
      absent:
        'No process has these instruments: no consumer is scraped, or none owns their partitions',
      unit: 'none',
      width: 14,
      height: 10,
      sortBy: 'live',
      queries: [
        rowsQuery(`max by (${OF_BOOK}, state, reason) (${series(metric.state)})`),
        rowsQuery(`max by (${OF_BOOK}) (${series(metric.up)})`),
        rowsQuery(`max by (${OF_BOOK}) (${series(metric.stateSinceTimestamp)}) * 1000`),
        rowsQuery(`max by (${OF_BOOK}) (${age(metric.lastVerifiedTimestamp)})`),
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
          width: 50,
          mappings: words({ 0: ['no', BAD], 1: ['yes', GOOD] }),
        },
        { from: 'instance', title: 'instance', width: 135 },
      ],
      runbooks: ['OrderBookNotLive', 'OrderBookStale'],
    }),
    table({
      title: 'Firing alerts',
      what: 'Each alert with its subject. The name links to its runbook.',
      normal: 'no row.',
      act: 'critical ones first; follow the runbook.',
      absent: 'No alert fires. (Whether alerts are evaluated: the number above.)',
      unit: 'none',
      width: 10,
      height: 10,
      sortBy: 'severity',
      queries: [rowsQuery(`max by (alertname, severity, instrument, instance) (${FIRING_ALERTS})`)],
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
        { from: 'instrument', title: 'instrument', width: 140 },
        { from: 'instance', title: 'instance', width: 130 },
      ],
    }),
  ],
}
