import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, rate, series } from '../parts/selector.ts'
import { atEnd, highestLines } from '../parts/worst.ts'

const NO_CONSUMER = 'No consumer is scraped'
const BY_PARTITION = '{{topic}}/{{partition}}'
const OF_PARTITION = 'topic, partition'
const byPartition = (selector: string) => `max by (${OF_PARTITION}) (${selector})`
/** The partitions that are furthest behind at the end of the range. */
const furthestBehind = (name: string) =>
  highestLines(byPartition(series(name)), byPartition(atEnd(series(name))), OF_PARTITION)

/** Row: the topic as seen by consumers. */
export const readingRow: Row = {
  title: 'Topic: reading',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Behind in the topic: seconds',
      what: 'Age of the oldest record that waits, of the 20 partitions furthest behind; 0 when read to the end.',
      normal: '0, a moment after a change of members more.',
      act: 'above the line books are catching_up: one partition alone is a consumer, all of them the load.',
      absent: `${NO_CONSUMER}, or none owns a partition`,
      unit: 's',
      min: 0,
      limit: THRESHOLDS.consumerLagSeconds,
      queries: [query(furthestBehind(metric.consumerLag), BY_PARTITION)],
      runbooks: ['OrderBookConsumerLagging'],
    }),
    graph({
      title: 'Behind in the topic: records',
      what: 'End of the partition minus the next record to process, of the 20 partitions furthest behind.',
      normal: 'close to 0.',
      act: 'it grows while nothing is consumed: the consumer is stuck.',
      absent: `${NO_CONSUMER}, or none owns a partition`,
      unit: 'short',
      min: 0,
      queries: [query(furthestBehind(metric.consumerLagRecords), BY_PARTITION)],
      runbooks: ['OrderBookConsumerStuck'],
    }),
    graph({
      title: 'Records consumed and skipped',
      what: 'Records per second that were consumed, and those that were skipped unread, such as those before a warm start.',
      normal: 'as many as producers have acknowledged; skipped at the start alone.',
      act: 'skipped while it runs: the position of a consumer was set forward.',
      absent: NO_CONSUMER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic) (${rate(metric.consumedRecords)})`, 'consumed {{topic}}'),
        query(`sum by (topic) (${rate(metric.skippedRecords)})`, 'skipped {{topic}}'),
      ],
    }),
    graph({
      title: 'Invalid records',
      what: 'Records per second that were skipped because they could not be read, by reason.',
      normal: 'none.',
      act: 'somebody else writes to the topic; the log names partition and offset.',
      absent: `${NO_CONSUMER}, or there has never been such a record`,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (topic, reason) (${rate(metric.invalidRecords)})`, '{{topic}} {{reason}}'),
      ],
      runbooks: ['OrderBookInvalidRecords', 'OrderBookRecordsLost', 'OrderBookCheckpointMismatch'],
    }),
    graph({
      title: 'Rejected updates',
      what: 'Valid records per second that a book ignored, or whose levels are invalid or unexpected, by reason.',
      normal: 'duplicates after retries of a producer, or beside a second one.',
      act: 'crossed and locked are what the exchange sends; checkpoint_mismatch is a fault: please report it.',
      absent: NO_CONSUMER,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.rejectedUpdates)})`, '{{reason}}')],
      runbooks: ['OrderBookInvalid'],
    }),
    graph({
      title: 'Sequence breaks',
      what: 'Sequence breaks per second that consumers saw, which check every record again, by reason.',
      normal: 'none.',
      act: 'gap here and not on the feed: records were lost in the topic.',
      absent: NO_CONSUMER,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.sequenceBreaks)})`, '{{reason}}')],
      runbooks: ['OrderBookGapRate'],
    }),
    graph({
      title: 'Partitions owned',
      what: 'Partitions of each consumer and topic, and whether the topic of the trades is read.',
      normal: 'shared evenly; trades 1.',
      act: 'a consumer without any is a standby; trades 0: the topic is missing or has another number of partitions.',
      absent: NO_CONSUMER,
      unit: 'short',
      min: 0,
      queries: [
        query(
          `sum by (instance, topic) (${series(metric.consumerPartitions)})`,
          '{{topic}} {{instance}}',
        ),
        query(
          `min by (instance) (${series(metric.tradesEnabled)})`,
          'trades are read, {{instance}}',
        ),
      ],
      runbooks: [
        'OrderBookConsumerOwnsNothing',
        'OrderBookRebalanceStorm',
        'OrderBookTradesNotRead',
      ],
    }),
    graph({
      title: 'Rebalances and replaced consumers',
      what: 'Rebalances of the group, and consumers that were replaced by a new one, per second.',
      normal: 'none but at starts and stops.',
      act: 'repeated: a member comes and goes, or hangs: its log.',
      absent: NO_CONSUMER,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (reason) (${rate(metric.consumerRebalances)})`, 'rebalance: {{reason}}'),
        query(`sum by (reason) (${rate(metric.consumerRestarts)})`, 'replaced: {{reason}}'),
      ],
      runbooks: ['OrderBookConsumerReplaced', 'OrderBookConsumerStuck'],
    }),
    graph({
      title: 'Age of the last commit',
      what: 'Time since the last commit of the 20 partitions that were not committed for longest, for tools that show the lag of groups; we never start from there.',
      normal: 'about a second while records come.',
      act: 'it grows while records are consumed: the group is rebalancing.',
      absent: `${NO_CONSUMER}, or nothing has been committed: topics inside of a process have no commits`,
      unit: 's',
      min: 0,
      width: 24,
      queries: [
        query(
          highestLines(
            byPartition(age(metric.consumerLastCommitTimestamp)),
            `-${byPartition(atEnd(series(metric.consumerLastCommitTimestamp)))}`,
            OF_PARTITION,
          ),
          BY_PARTITION,
        ),
      ],
    }),
  ],
}
