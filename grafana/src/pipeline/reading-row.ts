import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, rate, series } from '../parts/selector.ts'

const NO_CONSUMER = 'No consumer is scraped'
const BY_PARTITION = '{{topic}}/{{partition}}'
const byPartition = (name: string) => `max by (topic, partition) (${series(name)})`

/** Row: the topic as seen by consumers. */
export const readingRow: Row = {
  title: 'Topic: reading',
  panels: [
    graph({
      title: 'Behind in the topic: seconds',
      what: 'Age of the oldest record that waits, by partition; 0 when read to the end.',
      normal: '0, a moment after a change of members more.',
      act: 'above the line books are catching_up: one partition alone is a consumer, all of them the load.',
      absent: `${NO_CONSUMER}, or none owns a partition`,
      unit: 's',
      min: 0,
      limit: THRESHOLDS.consumerLagSeconds,
      queries: [query(byPartition(metric.consumerLag), BY_PARTITION)],
      runbooks: ['OrderBookConsumerLagging'],
    }),
    graph({
      title: 'Behind in the topic: records',
      what: 'End of each partition minus the next record to process.',
      normal: 'close to 0.',
      act: 'it grows while nothing is consumed: the consumer is stuck.',
      absent: `${NO_CONSUMER}, or none owns a partition`,
      unit: 'short',
      min: 0,
      queries: [query(byPartition(metric.consumerLagRecords), BY_PARTITION)],
      runbooks: ['OrderBookConsumerStuck'],
    }),
    graph({
      title: 'Records consumed and passed over',
      what: 'Records per second that were taken from the topic, and those that were passed over unread, such as those before a warm start.',
      normal: 'as many as are acknowledged on the other side; passed over at the start alone.',
      act: 'passed over while it runs: a reader was set forward.',
      absent: NO_CONSUMER,
      unit: 'ops',
      min: 0,
      queries: [
        query(`sum by (topic) (${rate(metric.consumedRecords)})`, 'consumed {{topic}}'),
        query(`sum by (topic) (${rate(metric.skippedRecords)})`, 'passed over {{topic}}'),
      ],
    }),
    graph({
      title: 'Records that nobody can read',
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
      title: 'Updates that were refused',
      what: 'Readable records per second that a book did not take, or took with a reservation, by reason.',
      normal: 'duplicates after retries of a producer, or beside a second one.',
      act: 'crossed and locked are what the exchange sends; checkpoint_mismatch is a fault: please report it.',
      absent: NO_CONSUMER,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.rejectedUpdates)})`, '{{reason}}')],
      runbooks: ['OrderBookInvalid'],
    }),
    graph({
      title: 'Breaks of sequences',
      what: 'Breaks per second that consumers saw, who check every record again, by reason.',
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
      act: 'a consumer without any has nothing to say; trades 0: the topic is missing or has another number of partitions.',
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
      title: 'Changes of members, consumers replaced',
      what: 'Changes of the assignment of partitions, and consumers that were replaced by a new one, per second.',
      normal: 'none but at starts and stops.',
      act: 'again and again: a member comes and goes, or hangs: its log.',
      absent: NO_CONSUMER,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (reason) (${rate(metric.consumerRebalances)})`, 'assignment: {{reason}}'),
        query(`sum by (reason) (${rate(metric.consumerRestarts)})`, 'replaced: {{reason}}'),
      ],
      runbooks: ['OrderBookConsumerStuck'],
    }),
    graph({
      title: 'Age of the last commit',
      what: 'Time since each partition was last committed, for tools that show the lag of groups; we never start from there.',
      normal: 'about a second while records come.',
      act: 'it grows while records are consumed: the group is not settled.',
      absent: `${NO_CONSUMER}, or nothing has been committed: topics inside of a process have no commits`,
      unit: 's',
      min: 0,
      width: 24,
      queries: [
        query(
          `max by (topic, partition) (${age(metric.consumerLastCommitTimestamp)})`,
          BY_PARTITION,
        ),
      ],
    }),
  ],
}
