import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { quantile, rate, series } from '../parts/selector.ts'
import { COARSE_STEP } from '../parts/worst.ts'

const NO_PROCESS = 'No process is scraped'
const NO_STREAMS = `${NO_PROCESS}, or it is of a version without live streams`
const byInstance = (name: string) => `max by (instance) (${series(name)})`

/** Row: HTTP requests and scrapes. */
export const httpRow: Row = {
  title: 'HTTP and scrapes',
  panels: [
    graph({
      title: 'Requests',
      what: 'HTTP requests per second by route and status.',
      normal: '2xx; 503 of a snapshot is a book that is not live.',
      act: '401: a client without the token; 404 not-owned: ask the process that owns the partition.',
      absent: `${NO_PROCESS}, or nobody has asked for anything`,
      unit: 'reqps',
      min: 0,
      queries: [
        query(
          `sum by (route, status) (${rate(`${metric.httpRequestDuration}_count`)})`,
          '{{route}} {{status}}',
        ),
      ],
    }),
    graph({
      title: 'Duration of requests: 99th percentile',
      step: COARSE_STEP,
      what: 'Time from the request headers to the end of the response, by route.',
      normal: 'some milliseconds; /metrics takes longer with many instruments.',
      act: 'all routes: the event loop; streams last as long as their clients.',
      absent: `${NO_PROCESS}, or nobody has asked for anything`,
      unit: 's',
      isLog: true,
      queries: [query(quantile(0.99, metric.httpRequestDuration, ['route']), '{{route}}')],
    }),
    graph({
      title: 'Duration of scrapes',
      what: 'Time that a process took for its exposition, and the scrape duration seen by Prometheus.',
      normal: 'below 0.3 s with 3,000 instruments.',
      act: 'Prometheus waits much longer: the network or a busy event loop.',
      absent: NO_PROCESS,
      unit: 's',
      isLog: true,
      queries: [
        query(byInstance(metric.scrapeDuration), 'collecting, {{instance}}'),
        query(byInstance('scrape_duration_seconds'), 'waiting, {{instance}}'),
      ],
    }),
    graph({
      title: 'Series of a scrape',
      what: 'Samples in the last scrape of each process.',
      normal: 'below 5,000 with 80 instruments at full detail, 35,000 with 3,000 at core.',
      act: 'METRICS_DETAIL=core has fewer series per instrument.',
      absent: NO_PROCESS,
      unit: 'short',
      min: 0,
      queries: [query(byInstance('scrape_samples_scraped'), '{{instance}}')],
    }),
    graph({
      title: 'Dropped label sets',
      what: 'Label sets dropped per second because a metric reached its series limit.',
      normal: 'no series.',
      act: 'a label of the metric has unbounded values; please report it.',
      absent: 'No metric has ever reached its bound, or no process is scraped',
      unit: 'cps',
      min: 0,
      width: 24,
      height: 7,
      queries: [query(`sum by (metric) (${rate(metric.labelSetsDropped)})`, '{{metric}}')],
      runbooks: ['OrderBookSeriesDropped'],
    }),
    graph({
      title: 'Live streams',
      what: 'Clients of the live stream.',
      normal: 'one per open page, 500 at most.',
      act: 'at 500 further ones are refused with 503.',
      absent: NO_STREAMS,
      unit: 'short',
      min: 0,
      queries: [query(byInstance(metric.streams), '{{instance}}')],
    }),
    graph({
      title: 'Closed streams',
      what: 'Streams closed per second because the client did not read.',
      normal: 'none.',
      act: 'a client hangs, or its network is too slow.',
      absent: NO_STREAMS,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.streamEvictions)})`, '{{instance}}')],
    }),
  ],
}
