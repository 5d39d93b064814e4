import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, rate, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'
import { atEnd, highestLines } from '../parts/worst.ts'

/** Lines by name beside the line of all books. */
const FEW = 10

/** Row: history of the books. */
export const symptomsRow: Row = {
  title: 'What happened to the books',
  panels: [
    stateTimeline(24, 10),
    graph({
      title: 'Time since the last verification',
      what: 'Time between the last verification and the scrape: of the oldest book, of the median, and of the ten books that are oldest now. Frames verify a book, and checkpoints while the market is quiet.',
      normal: 'up to two seconds, a saw-tooth for quiet books.',
      act: 'all books: check feed, producer and broker; books of some partitions: their consumer; one book: its channel.',
      absent: 'No consumer is scraped',
      unit: 's',
      queries: [
        query(`max(${age(metric.lastVerifiedTimestamp)})`, 'oldest'),
        query(`quantile(0.5, ${age(metric.lastVerifiedTimestamp)})`, 'median'),
        query(
          highestLines(
            `max by (instrument) (${age(metric.lastVerifiedTimestamp)})`,
            `-max by (instrument) (${atEnd(series(metric.lastVerifiedTimestamp))})`,
            'instrument',
            FEW,
          ),
          '{{instrument}}',
        ),
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
      what: 'Snapshots and changes that the books accepted, per second, all books of a process together.',
      normal: 'as busy as the market.',
      act: 'none at all: the feed, the producer or the topic; less than usual while the states are live: the market is still.',
      absent: 'No consumer is scraped',
      unit: 'ops',
      queries: [query(`sum by (instance) (${rate(metric.updates)})`, '{{instance}}')],
      min: 0,
    }),
    graph({
      title: 'Gaps by book',
      what: 'Sequence gaps in the changes from the exchange, per second: of all books, and of the ten with most gaps in this time. After each the book has no values until the next snapshot.',
      normal: 'none.',
      act: 'many books: the connection or a producer that cannot keep up; one: the exchange.',
      absent: 'No producer is scraped, or all books are grouped (BOOK_MODE=grouped)',
      unit: 'cps',
      queries: [
        query(`sum(${rate(metric.gaps)})`, 'all'),
        query(
          highestLines(
            `sum by (instrument) (${rate(metric.gaps)})`,
            `sum by (instrument) (increase(${series(metric.gaps)}[$__range] @ end())) > 0`,
            'instrument',
            FEW,
          ),
          '{{instrument}}',
        ),
      ],
      min: 0,
      runbooks: ['OrderBookGapRate'],
    }),
  ],
}
