import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, rate, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'

/** What the books went through. */
export const symptomsRow: Row = {
  title: 'What happened to the books',
  panels: [
    stateTimeline(24, 10),
    graph({
      title: 'Age of the last proof',
      what: 'Time since each book was last proven true, when it was scraped: by a frame, or by a checkpoint while the market is quiet. Of several processes the worst counts.',
      normal: 'up to two seconds, a saw-tooth for quiet books.',
      act: 'all books: feed, producer or broker; those of some partitions: their consumer; one: its channel.',
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
      act: 'the words are those of the README; the table above names the books.',
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
      what: 'Pictures and changes that each book accepted, per second.',
      normal: 'as busy as the market; a quiet book has few and is live all the same.',
      act: 'none at all while the state is live: the market stands still; see the age of the exchange time.',
      absent: 'No consumer is scraped',
      unit: 'ops',
      queries: [query(`sum by (instrument) (${rate(metric.updates)})`, '{{instrument}}')],
      min: 0,
    }),
    graph({
      title: 'Gaps by book',
      what: 'Breaks in the chain of changes from the exchange, per second. After each the book shows nothing until its next picture.',
      normal: 'none.',
      act: 'many books: the connection or a producer that cannot keep up; one: the exchange.',
      absent: 'No producer is scraped, or all books are whole pictures (BOOK_MODE=grouped)',
      unit: 'cps',
      queries: [query(`sum by (instrument) (${rate(metric.gaps)})`, '{{instrument}}')],
      min: 0,
      runbooks: ['OrderBookGapRate'],
    }),
  ],
}
