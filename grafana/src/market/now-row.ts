import { metric } from '../../../prometheus/src/metric-names.ts'
import { DOUBTFUL, PLAIN_COLOR, words } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { urlLink } from '../parts/link.ts'
import { nowQuery, rowsQuery } from '../parts/query.ts'
import { age, series } from '../parts/selector.ts'
import { stat } from '../parts/stat.ts'
import { STATE_TEXTS } from '../parts/states.ts'
import { table } from '../parts/table.ts'
import { BASIS_POINTS, bySide, SPREAD_TICKS } from './numbers.ts'

const now = (name: string, ...matchers: string[]) =>
  rowsQuery(`max by (instrument) (${series(name, ...matchers)})`)

/** Row: which numbers there are, and all of them for the selected books. */
export const nowRow: Row = {
  title: 'Now',
  panels: [
    stat({
      title: 'Which numbers are here',
      what: 'With METRICS_DETAIL=core, the default above 80 instruments, a book has its state, mid-price, spread and imbalance only.',
      normal: 'all of them.',
      act: 'set METRICS_DETAIL=full for the others, or see /api/v1/snapshots and the live page, which have them at any detail.',
      absent: 'No process has these instruments',
      unit: 'none',
      width: 24,
      height: 3,
      queries: [
        nowQuery(
          // Only full detail has the partition, of every book whatever its state.
          `2 * max(${series(metric.partition)} >= bool 0)
or
1 + 0 * max(${series(metric.up)})`,
          'detail',
        ),
      ],
      mappings: words({
        1: [
          'Core detail: no bid and ask, amounts, ticks, bands, windows, flow, volatility, trades and signals (METRICS_DETAIL=full has them)',
          DOUBTFUL,
        ],
        2: ['Full detail: all numbers', PLAIN_COLOR],
      }),
      isMapped: true,
      textSize: 14,
    }),
    table({
      title: 'Books now',
      what: 'Each selected book with its state, the age of its last update, and its values. The name links to the live page and to the snapshot. Amounts are in the unit of the instrument; never add across instruments.',
      normal: 'live, with all numbers; an age as long as the market is quiet.',
      act: 'an empty cell is a value that is not known to be true now; see its state.',
      absent: 'No process has these instruments',
      unit: 'none',
      width: 24,
      height: 5,
      sortBy: ['instrument'],
      queries: [
        rowsQuery(`max by (instrument, state, reason) (${series(metric.state)})`),
        rowsQuery(`max by (instrument) (${age(metric.lastUpdateTimestamp)})`),
        now(metric.bestPrice, bySide('bid')),
        now(metric.bestPrice, bySide('ask')),
        now(metric.midPrice),
        now(metric.weightedMidPrice),
        rowsQuery(`${BASIS_POINTS} * max by (instrument) (${series(metric.spreadRatio)})`),
        rowsQuery(SPREAD_TICKS),
        now(metric.imbalanceRatio, 'depth=~"$depth"'),
        now(metric.imbalanceWindowRatio, 'window=~"$window"', 'stat="mean"'),
        now(metric.bestAmount, bySide('bid')),
        now(metric.bestAmount, bySide('ask')),
        // From all processes: selected instances may be consumers, which do not export it.
        rowsQuery(
          `max by (instrument, amount_unit) (${metric.instrumentInfo}{job=~"$job", instrument=~"$instrument"})`,
        ),
        now(metric.partition),
      ],
      columns: [
        {
          from: 'instrument',
          title: 'instrument',
          links: [
            urlLink('Live page', '${api:raw}/#${__data.fields.instrument}'),
            urlLink(
              'Snapshot from the API',
              '${api:raw}/api/v1/snapshots/${__data.fields.instrument}?allowStale=true',
            ),
          ],
        },
        { from: 'state', title: 'state', width: 85, mappings: STATE_TEXTS },
        { from: 'reason', title: 'reason', width: 95 },
        { from: 'Value #B', title: 'age', unit: 's', decimals: 1, width: 75 },
        // As text: rounded, bid and ask would look equal.
        { from: 'Value #C', title: 'bid', unit: 'string', width: 90 },
        { from: 'Value #D', title: 'ask', unit: 'string', width: 90 },
        { from: 'Value #E', title: 'mid', unit: 'string', width: 90 },
        { from: 'Value #F', title: 'weighted mid', decimals: 4, width: 110 },
        { from: 'Value #G', title: 'spread, bp', decimals: 3, width: 90 },
        { from: 'Value #H', title: 'ticks', decimals: 1, width: 60 },
        { from: 'Value #I', title: 'imbalance', decimals: 2, width: 90 },
        { from: 'Value #J', title: 'mean', decimals: 2, width: 65 },
        { from: 'Value #K', title: 'bid amount', unit: 'string', width: 95 },
        { from: 'Value #L', title: 'ask amount', unit: 'string', width: 95 },
        { from: 'amount_unit', title: 'unit', width: 60 },
        { from: 'Value #N', title: 'partition', decimals: 0, width: 75 },
      ],
    }),
  ],
}
