import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query, rowsQuery } from '../parts/query.ts'
import { rate, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'
import { table } from '../parts/table.ts'
import { COARSE_STEP } from '../parts/worst.ts'

const MOST_GAPS = 10
const VERIFIED = series(metric.lastVerifiedTimestamp)

/**
 * Age of a timestamp of each process at its scrape. One subtraction a process: one for each of 3,000 books
 * takes seconds.
 */
const ageAtScrape = (timestamp: string) => `clamp_min(
  max by (instance) (timestamp(${series('up')})) - ${timestamp},
  0
)`

/** Row: history of the books. */
export const symptomsRow: Row = {
  title: 'What happened to the books',
  panels: [
    stateTimeline(24, 10),
    graph({
      title: 'Time since the last verification',
      step: COARSE_STEP,
      what: 'Time between the last verification and the scrape, of the oldest book of each process and of its median book. Frames verify a book, and checkpoints while the market is quiet.',
      normal: 'up to two seconds, a saw-tooth for quiet books.',
      act: 'median and oldest: check feed, producer and broker; the oldest alone: its channel. The table above names the books.',
      absent: 'No consumer is scraped',
      unit: 's',
      queries: [
        query(ageAtScrape(`min by (instance) (${VERIFIED})`), 'oldest, {{instance}}'),
        query(ageAtScrape(`quantile by (instance) (0.5, ${VERIFIED})`), 'median, {{instance}}'),
      ],
      min: 0,
      limit: THRESHOLDS.staleSeconds,
      runbooks: ['OrderBookStale'],
    }),
    graph({
      title: 'Why books show no values',
      step: COARSE_STEP,
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
      step: COARSE_STEP,
      what: 'Snapshots and changes that the books accepted, per second, all books of a process together.',
      normal: 'as busy as the market.',
      act: 'none at all: the feed, the producer or the topic; less than usual while the states are live: the market is still.',
      absent: 'No consumer is scraped',
      unit: 'ops',
      queries: [query(`sum by (instance) (${rate(metric.updates)})`, '{{instance}}')],
      min: 0,
    }),
    table({
      title: 'Most gaps in this time',
      what: 'The books with most sequence gaps in the changes from the exchange over the time range. After each the book has no values until the next snapshot.',
      normal: 'no row.',
      act: 'many books: the connection or a producer that cannot keep up; one: the exchange.',
      absent: 'No gap, no producer is scraped, or all books are grouped (BOOK_MODE=grouped)',
      unit: 'none',
      width: 12,
      height: 9,
      sortBy: ['-gaps'],
      queries: [
        rowsQuery(
          `topk(${MOST_GAPS}, sum by (instrument) (increase(${series(metric.gaps)}[$__range])) > 0)`,
        ),
      ],
      columns: [
        { from: 'instrument', title: 'instrument' },
        { from: 'Value', title: 'gaps', decimals: 0, width: 90 },
      ],
      runbooks: ['OrderBookGapRate'],
    }),
  ],
}
