import { metric } from '../../../prometheus/src/metric-names.ts'
import { THRESHOLDS } from '../../../prometheus/src/thresholds.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { heatmap } from '../parts/heatmap.ts'
import { bucketQuery, lagQuery, query } from '../parts/query.ts'
import { mean, quantile, rate, series } from '../parts/selector.ts'

const HOPS = 'stage=~"exchange_to_receive|receive_to_consume|consume_to_publish"'
const OURS = 'stage="receive_to_publish"'
const SILENCE = 'No update in this time: silence has no lag, and is told by the age of the books'

/** Row: lag by hop. */
export const lagRow: Row = {
  title: 'Lag by hop',
  panels: [
    graph({
      title: 'Lag by stage: 99th percentile',
      what: '99th percentile of the latency by stage; receive_to_publish is our own share and has the objective. Crosses are traces.',
      normal: 'our own share far below the threshold.',
      act: 'the rising stage names the hop; click a cross to see the trace of such an update.',
      absent: SILENCE,
      unit: 's',
      isLog: true,
      limit: THRESHOLDS.lagSeconds,
      queries: [lagQuery(quantile(0.99, metric.pipelineLag, ['stage']), '{{stage}}')],
      runbooks: ['OrderBookPipelineLagHigh', 'OrderBookExchangeSlow'],
    }),
    graph({
      title: 'Lag by stage: median',
      what: 'Median latency by stage.',
      normal: 'steady.',
      act: 'compare with the 99th percentile: load raises both, pauses only that one.',
      absent: SILENCE,
      unit: 's',
      isLog: true,
      queries: [lagQuery(quantile(0.5, metric.pipelineLag, ['stage']), '{{stage}}')],
    }),
    heatmap({
      title: 'Receipt to readable values',
      what: 'Distribution of the latency. Crosses are traces: click one to see an update.',
      normal: 'a narrow band at the bottom.',
      act: 'a second band shows pauses, for example of the garbage collection or the broker.',
      absent: SILENCE,
      unit: 's',
      width: 12,
      queries: [bucketQuery(`sum by (le) (${rate(`${metric.pipelineLag}_bucket`, OURS)})`)],
      runbooks: ['OrderBookPipelineLagHigh'],
    }),
    graph({
      title: 'From the exchange to readable values, by hop',
      what: 'Mean latency of the three hops. Means may be added, percentiles may not.',
      normal: 'mostly the network from the exchange.',
      act: 'receive_to_consume grows with the broker, consume_to_publish with the load of the process.',
      absent: SILENCE,
      unit: 's',
      height: 10,
      isStacked: true,
      min: 0,
      queries: [query(mean(metric.pipelineLag, ['stage'], HOPS), '{{stage}}')],
    }),
    graph({
      title: 'Clocks',
      what: 'Clock offset of the exchange by producer with its uncertainty, and the smallest delay from producer to consumer in five minutes across both wall clocks.',
      normal: 'some milliseconds, steady.',
      act: 'a delay below zero or far above the others: the clock of that host and its lags are wrong.',
      absent: 'The exchange has not answered yet, or no process is scraped',
      unit: 's',
      queries: [
        query(`max by (instance) (${series(metric.feedClockOffset)})`, 'offset of {{instance}}'),
        query(
          `max by (instance) (${series(metric.feedClockOffsetUncertainty)})`,
          'its uncertainty, {{instance}}',
        ),
        query(
          `max by (instance) (${series(metric.topicDelayFloor)})`,
          'least delay to {{instance}}',
        ),
      ],
      runbooks: ['OrderBookClockSkew', 'OrderBookClocksDisagree'],
    }),
    graph({
      title: 'Negative lags',
      what: 'Negative lags beyond the clock uncertainty per second; they count as 0.',
      normal: 'none.',
      act: 'a clock jumped or is wrong: lags of that process are unreliable.',
      absent: 'No process is scraped',
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.clockSkewEvents)})`, '{{instance}}')],
      runbooks: ['OrderBookClockSkew'],
    }),
  ],
}
