import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { urlLink } from '../parts/link.ts'
import { rowsQuery } from '../parts/query.ts'
import { age, series } from '../parts/selector.ts'
import { STATE_TEXTS } from '../parts/states.ts'
import { table } from '../parts/table.ts'

const now = (name: string, ...matchers: string[]) =>
  rowsQuery(`max by (instrument) (${series(name, ...matchers)})`)

/** Table: all numbers of a book with its state and age. */
export const nowRow: Row = {
  title: 'Now',
  panels: [
    table({
      title: 'Books now',
      what: 'Each book with its state, the age of its last update, and its values. Amounts are in the unit of the instrument; never add across instruments.',
      normal: 'live, with all numbers; an age as long as the market is quiet.',
      act: 'an empty cell is a value that is not known to be true now; see its state.',
      absent: 'No process answers for these instruments',
      unit: 'none',
      width: 24,
      height: 10,
      sortBy: ['instrument'],
      queries: [
        rowsQuery(`max by (instrument, state, reason) (${series(metric.state)})`),
        rowsQuery(`max by (instrument) (${age(metric.lastUpdateTimestamp)})`),
        now(metric.bestPrice, 'side="bid"'),
        now(metric.bestPrice, 'side="ask"'),
        now(metric.midPrice),
        now(metric.weightedMidPrice),
        now(metric.spread),
        now(metric.bestAmount, 'side="bid"'),
        now(metric.bestAmount, 'side="ask"'),
        // From all processes: selected instances may be consumers, which do not export it.
        rowsQuery(
          `max by (instrument, amount_unit) (${metric.instrumentInfo}{job=~"$job", instrument=~"$instrument"})`,
        ),
        rowsQuery(
          `max by (instrument) (${metric.tickSize}{job=~"$job", instrument=~"$instrument"})`,
        ),
        now(metric.partition),
      ],
      columns: [
        {
          from: 'instrument',
          title: 'instrument',
          links: [
            urlLink(
              'Snapshot from the API',
              '${api:raw}/api/v1/snapshots/${__data.fields.instrument}?allowStale=true',
            ),
          ],
        },
        { from: 'state', title: 'state', width: 95, mappings: STATE_TEXTS },
        { from: 'reason', title: 'reason', width: 120 },
        { from: 'Value #B', title: 'age', unit: 's', decimals: 1, width: 80 },
        // As text: rounded, bid and ask would look equal.
        { from: 'Value #C', title: 'bid', unit: 'string', width: 100 },
        { from: 'Value #D', title: 'ask', unit: 'string', width: 100 },
        { from: 'Value #E', title: 'mid', unit: 'string', width: 100 },
        { from: 'Value #F', title: 'weighted mid', decimals: 4, width: 115 },
        { from: 'Value #G', title: 'spread', decimals: 5, width: 95 },
        { from: 'Value #K', title: 'tick', unit: 'string', width: 80 },
        { from: 'Value #H', title: 'bid amount', unit: 'string', width: 105 },
        { from: 'Value #I', title: 'ask amount', unit: 'string', width: 105 },
        { from: 'amount_unit', title: 'unit', width: 65 },
        { from: 'Value #L', title: 'partition', decimals: 0, width: 80 },
      ],
    }),
  ],
}
