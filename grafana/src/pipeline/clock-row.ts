import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { rate, series } from '../parts/selector.ts'

const byInstance = (name: string) => `max by (instance) (${series(name)})`

/** Row: clocks, on which the lags depend. */
export const clockRow: Row = {
  title: 'Clocks',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Clock offset of the exchange',
      what: 'Offset of the clock of the exchange from that of each producer, with its uncertainty.',
      normal: 'some milliseconds, steady.',
      act: 'a jump: a clock was set; the lags with the exchange are wrong meanwhile.',
      absent: 'The exchange has not answered yet, or no producer is scraped',
      unit: 's',
      width: 8,
      queries: [
        query(byInstance(metric.feedClockOffset), 'offset, {{instance}}'),
        query(byInstance(metric.feedClockOffsetUncertainty), 'uncertainty, {{instance}}'),
      ],
      runbooks: ['OrderBookClockSkew'],
    }),
    graph({
      title: 'Least delay from producer to consumer',
      what: 'The smallest delay from producers to each consumer in five minutes, across both wall clocks.',
      normal: 'some milliseconds.',
      act: 'below zero or far above the others: the clock of that host and its lags are wrong.',
      absent: 'No consumer is scraped, or it has no records yet',
      unit: 's',
      width: 8,
      queries: [query(byInstance(metric.topicDelayFloor), '{{instance}}')],
      runbooks: ['OrderBookClocksDisagree'],
    }),
    graph({
      title: 'Negative lags',
      what: 'Negative lags beyond the clock uncertainty per second; they count as 0.',
      normal: 'none.',
      act: 'a clock jumped or is wrong: lags of that process are unreliable.',
      absent: 'No process is scraped',
      unit: 'cps',
      width: 8,
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.clockSkewEvents)})`, '{{instance}}')],
      runbooks: ['OrderBookClockSkew'],
    }),
  ],
}
