import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph, type GraphSpec } from '../parts/graph.ts'
import { heatmap } from '../parts/heatmap.ts'
import { bucketQuery, lagQuery, query } from '../parts/query.ts'
import { mean, quantile, rate } from '../parts/selector.ts'

const HOPS = 'stage=~"exchange_to_receive|receive_to_consume|consume_to_publish"'
const OURS = 'stage="receive_to_publish"'
const SILENCE = 'No update in this time: silence has no lag, and is told by the age of the books'
const WIDTH = 8

/** Quantiles of stages that begin or end at the same point, so that they compare. */
function lags(
  stages: readonly string[],
  spec: Pick<GraphSpec, 'title' | 'what' | 'normal' | 'act' | 'limit' | 'runbooks'>,
) {
  const matcher = `stage=~"${stages.join('|')}"`
  return graph({
    ...spec,
    absent: SILENCE,
    unit: 's',
    isLog: true,
    width: WIDTH,
    queries: [
      lagQuery(quantile(0.99, metric.pipelineLag, ['stage'], matcher), '{{stage}} p99'),
      query(quantile(0.5, metric.pipelineLag, ['stage'], matcher), '{{stage}} p50'),
    ],
  })
}

/** Row: lag by hop. */
export const lagRow: Row = {
  title: 'Lag by hop',
  panels: [
    lags(['receive_to_publish'], {
      title: 'Our own share',
      what: 'From receipt to values readable: 99th percentile and median. The objective is about this share. Crosses are traces.',
      normal: 'milliseconds, far below the line.',
      act: 'the graphs beside show which part rises; click a cross to see the trace of such an update.',
      limit: THRESHOLDS.lagSeconds,
      runbooks: ['OrderBookPipelineLagHigh'],
    }),
    lags(['receive_to_consume', 'consume_to_publish'], {
      title: 'Its two parts: topic and consumer',
      what: 'The two parts of our own share, seen by consumers: from receipt through the topic, and from there to values readable.',
      normal: 'the topic takes milliseconds, the consumer far less than one.',
      act: 'receive_to_consume grows with the broker, consume_to_publish with the load of the process.',
    }),
    lags(['receive_to_send', 'send_to_ack'], {
      title: 'Inside the topic: producer and broker',
      what: 'Waiting in the queue of the producer, and the acknowledgement of the broker, seen by producers. Both are parts of receive_to_consume.',
      normal: 'some milliseconds each.',
      act: 'receive_to_send grows with the queue, send_to_ack with the broker.',
    }),
    lags(['exchange_to_receive', 'total'], {
      title: 'With the exchange',
      what: 'From the timestamp of the exchange to receipt, and to values readable. Both depend on the clock offset.',
      normal: 'mostly the network from the exchange.',
      act: 'both rise together: the exchange, the way to it, or a clock; see the clocks below.',
      runbooks: ['OrderBookExchangeSlow'],
    }),
    graph({
      title: 'From the exchange to readable values, by hop',
      what: 'Mean latency of the three hops. Means may be added, percentiles may not.',
      normal: 'mostly the network from the exchange.',
      act: 'the hop that grows is the one to look at.',
      absent: SILENCE,
      unit: 's',
      width: WIDTH,
      isStacked: true,
      min: 0,
      queries: [query(mean(metric.pipelineLag, ['stage'], HOPS), '{{stage}}')],
    }),
    heatmap({
      title: 'Receipt to readable values',
      what: 'Distribution of the latency. Crosses are traces: click one to see an update.',
      normal: 'a narrow band at the bottom.',
      act: 'a second band shows pauses, for example of the garbage collection or the broker.',
      absent: SILENCE,
      unit: 's',
      width: WIDTH,
      queries: [bucketQuery(`sum by (le) (${rate(`${metric.pipelineLag}_bucket`, OURS)})`)],
      runbooks: ['OrderBookPipelineLagHigh'],
    }),
  ],
}
