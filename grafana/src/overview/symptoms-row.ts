import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, rate, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'

/** Row: history of the books. */
export const symptomsRow: Row = {
  title: 'What happened to the books',
  panels: [
    stateTimeline(24, 10),
    graph({
      title: 'Time since the last verification',
      what: 'Time between the last verification of each book and the scrape. Frames verify a book, and checkpoints while the market is quiet. The largest value of all processes is shown.',
      normal: 'up to two seconds, a saw-tooth for quiet books.',
      act: 'all books: check feed, producer and broker; books of some partitions: their consumer; one book: its channel.',
      absent: 'No consumer is scraped',
      unit: 's',
      queries: [
        query(`max by (instrument) (${age(metric.lastVerifiedTimestamp)})`, '{{instrument}}'),
      ],
      min: 0,
      limit: THRESHOLDS.staleSeconds,
      runbooks: ['OrderBookStale'],
    }),
    graph({
      title: 'Why books show no values',
      what: 'Books that are not live by state and reason, all processes together.',
      normal: 'no line; options are often one-sided.',
      act: 'the README explains the states; the table above names the books.',
      absent: 'Every book is live, or no consumer is scraped: the numbers at the top tell which',
      unit: 'short',
      queries: [
        query(
          `count by (state, reason) (${series(metric.state, 'state!="live"')})`,
          '{{state}}: {{reason}}',
        ),
      ],
      isStacked: true,
      min: 0,
      runbooks: ['OrderBookNotLive', 'OrderBookInvalid'],
    }),
    graph({
      title: 'Updates of the books',
      what: 'Snapshots and changes that each book accepted, per second.',
      normal: 'as busy as the market; a quiet book has few and is live all the same.',
      act: 'none while the state is live: the market is still; see the age of the exchange time.',
      absent: 'No consumer is scraped',
      unit: 'ops',
      queries: [query(`sum by (instrument) (${rate(metric.updates)})`, '{{instrument}}')],
      min: 0,
    }),
    graph({
      title: 'Gaps by book',
      what: 'Sequence gaps in the changes from the exchange, per second. After each the book has no values until the next snapshot.',
      normal: 'none.',
      act: 'many books: the connection or a producer that cannot keep up; one: the exchange.',
      absent: 'No producer is scraped, or all books are grouped (BOOK_MODE=grouped)',
      unit: 'cps',
      queries: [query(`sum by (instrument) (${rate(metric.gaps)})`, '{{instrument}}')],
      min: 0,
      runbooks: ['OrderBookGapRate'],
    }),
  ],
}
