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

/** Where the time goes. */
export const lagRow: Row = {
  title: 'Lag by hop',
  panels: [
    graph({
      title: 'Lag by stage: 99th percentile',
      what: 'One update in a hundred takes this long or longer, by stage; receive_to_publish is our own share and has the objective. Crosses are traces.',
      normal: 'our own share far below the line.',
      act: 'the stage that rises names the hop; a click on a cross shows one such update.',
      absent: SILENCE,
      unit: 's',
      isLog: true,
      limit: THRESHOLDS.lagSeconds,
      queries: [lagQuery(quantile(0.99, metric.pipelineLag, ['stage']), '{{stage}}')],
      runbooks: ['OrderBookPipelineLagHigh', 'OrderBookExchangeSlow'],
    }),
    graph({
      title: 'Lag by stage: median',
      what: 'Every other update takes this long or longer, by stage.',
      normal: 'steady.',
      act: 'compare with the 99th percentile: both rise with load, that one alone with pauses.',
      absent: SILENCE,
      unit: 's',
      isLog: true,
      queries: [lagQuery(quantile(0.5, metric.pipelineLag, ['stage']), '{{stage}}')],
    }),
    heatmap({
      title: 'Receipt to values readable',
      what: 'How many updates took how long. Crosses are traces: a click shows the way of one update.',
      normal: 'a narrow band at the bottom.',
      act: 'a second band is a second way to be late, such as pauses of the garbage collection or of the broker.',
      absent: SILENCE,
      unit: 's',
      width: 12,
      queries: [bucketQuery(`sum by (le) (${rate(`${metric.pipelineLag}_bucket`, OURS)})`)],
      runbooks: ['OrderBookPipelineLagHigh'],
    }),
    graph({
      title: 'From the exchange to values readable, hop by hop',
      what: 'Mean time of the three hops that make the whole; means may be added, percentiles may not.',
      normal: 'most of it the way from the exchange.',
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
      what: 'The clock of the exchange minus ours, by producer, and the bounds of its error; and the least time from a producer to a consumer in five minutes, by the wall clock of each.',
      normal: 'some milliseconds, steady.',
      act: 'a delay below nought, or far above the others: the clock of that host is wrong, and its lags with it.',
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
      runbooks: ['OrderBookClockSkew'],
    }),
    graph({
      title: 'Lags below nought',
      what: 'Lags per second that came out negative beyond the uncertainty of the clocks, and were counted as 0.',
      normal: 'none.',
      act: 'a clock jumped or is wrong: lags of that process cannot be trusted.',
      absent: 'No process is scraped',
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.clockSkewEvents)})`, '{{instance}}')],
      runbooks: ['OrderBookClockSkew'],
    }),
  ],
}
