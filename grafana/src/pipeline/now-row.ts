import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import { limitAbove, limitBelow, ONLY_NOUGHT, words, BAD, GOOD } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { nowQuery } from '../parts/query.ts'
import { quantile, rate, series } from '../parts/selector.ts'
import { stat } from '../parts/stat.ts'
import { unaccounted } from './invariant.ts'

/** Row: six numbers, in the order of the data path. */
export const nowRow: Row = {
  title: 'Now, in the order of the data path',
  panels: [
    stat({
      title: 'Connections',
      what: 'Whether every connection of every producer to the exchange is open.',
      normal: 'connected.',
      act: 'see below why connections close and new ones fail.',
      absent: 'No producer is scraped',
      unit: 'none',
      queries: [nowQuery(`min(${series(metric.feedConnected)})`, 'feed')],
      mappings: words({ 0: ['not connected', BAD], 1: ['connected', GOOD] }),
      thresholds: limitBelow(1),
      textSize: 28,
      runbooks: ['OrderBookFeedDisconnected'],
    }),
    stat({
      title: 'From the exchange',
      what: 'Median latency from the exchange’s timestamp to receipt, corrected by the clock offset.',
      normal: 'the network latency, up to some 100 ms.',
      act: 'the exchange is slow, the way to it, or a clock is wrong: see the clock offset.',
      absent: 'No frame in this time, or the clock offset is not known',
      unit: 's',
      queries: [
        nowQuery(quantile(0.5, metric.pipelineLag, [], 'stage="exchange_to_receive"'), 'median'),
      ],
      thresholds: limitAbove(THRESHOLDS.exchangeLagSeconds),
      runbooks: ['OrderBookExchangeSlow'],
    }),
    stat({
      title: 'Frames unaccounted for',
      what: 'Frames received minus those acknowledged, dropped, queued or in flight.',
      normal: '0, always.',
      act: 'frames were lost without being counted: a fault of the service, please report it.',
      absent: 'No producer is scraped, or the topics have other names than prices and trades',
      unit: 'short',
      queries: [nowQuery(`sum(${unaccounted('book')}) + sum(${unaccounted('trades')})`, 'frames')],
      thresholds: ONLY_NOUGHT,
    }),
    stat({
      title: 'Dropped',
      what: 'Frames per second that were given up before the topic acknowledged them, for all reasons.',
      normal: '0.',
      act: 'the broker is slow or gone, and the queue is full: see the queue below.',
      absent: 'No producer is scraped',
      unit: 'ops',
      queries: [nowQuery(`sum(${rate(metric.droppedRecords)})`, 'dropped')],
      thresholds: ONLY_NOUGHT,
      runbooks: ['OrderBookRecordsDropped', 'OrderBookFramesUnaccounted'],
    }),
    stat({
      title: 'Behind in the topic',
      what: 'How far the slowest partition of all consumers is behind.',
      normal: '0 s.',
      act: 'above the limit books are catching_up and show no values.',
      absent: 'No consumer is scraped, or none owns a partition',
      unit: 's',
      queries: [nowQuery(`max(${series(metric.consumerLag)})`, 'behind')],
      thresholds: limitAbove(THRESHOLDS.consumerLagSeconds),
      runbooks: ['OrderBookConsumerLagging', 'OrderBookConsumerStuck'],
    }),
    stat({
      title: 'Our own share',
      what: '99th percentile of the time from receipt to values readable.',
      normal: 'some milliseconds.',
      act: 'the rows below show which hop takes the time.',
      absent: 'No update in this time: silence has no lag',
      unit: 's',
      queries: [
        nowQuery(quantile(0.99, metric.pipelineLag, [], 'stage="receive_to_publish"'), 'p99'),
      ],
      thresholds: limitAbove(THRESHOLDS.lagSeconds),
      runbooks: ['OrderBookPipelineLagHigh'],
    }),
  ],
}
