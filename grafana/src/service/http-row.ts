import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { quantile, rate, series } from '../parts/selector.ts'

const NO_PROCESS = 'No process is scraped'
const NO_STREAMS = `${NO_PROCESS}, or it is of a version without live streams`
const byInstance = (name: string) => `max by (instance) (${series(name)})`

/** What others ask of the service. */
export const httpRow: Row = {
  title: 'HTTP and scrapes',
  panels: [
    graph({
      title: 'Requests',
      what: 'HTTP requests per second by route and status.',
      normal: '2xx; 503 of a snapshot is a book that is not live.',
      act: '401: a reader without the token; 404 not-owned: ask the process that owns the partition.',
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
      what: 'Time from the head of a request to the end of its answer, by route.',
      normal: 'some milliseconds; the page of metrics takes longer with many instruments.',
      act: 'all routes: the event loop; streams last as long as somebody listens.',
      absent: `${NO_PROCESS}, or nobody has asked for anything`,
      unit: 's',
      isLog: true,
      queries: [query(quantile(0.99, metric.httpRequestDuration, ['route']), '{{route}}')],
    }),
    graph({
      title: 'Duration of scrapes',
      what: 'Time that a process took to collect its page of metrics, and what Prometheus had to wait for it.',
      normal: 'below 0.3 s with 3,000 instruments.',
      act: 'Prometheus waits much longer than the page takes: the way between, or a busy event loop.',
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
      what: 'Samples of the last page of metrics of each process.',
      normal: 'below 5,000 with 80 instruments in full, 35,000 with 3,000 in short.',
      act: 'METRICS_DETAIL=core has fewer for each instrument.',
      absent: NO_PROCESS,
      unit: 'short',
      min: 0,
      queries: [query(byInstance('scrape_samples_scraped'), '{{instance}}')],
    }),
    graph({
      title: 'Label sets that are left out',
      what: 'Times per second that a metric was asked for a new label set and had as many as it may have; what it would have counted is not on the page.',
      normal: 'no line at all.',
      act: 'the metric has a label whose values never end: its values are not to be trusted, please report it.',
      absent: 'No metric has ever reached its bound, or no process is scraped',
      unit: 'cps',
      min: 0,
      width: 24,
      height: 7,
      queries: [query(`sum by (metric) (${rate(metric.labelSetsLeftOut)})`, '{{metric}}')],
    }),
    graph({
      title: 'Live streams',
      what: 'Readers of the live stream.',
      normal: 'as many as pages are open, 500 at most.',
      act: 'at 500 further ones are refused with 503.',
      absent: NO_STREAMS,
      unit: 'short',
      min: 0,
      queries: [query(byInstance(metric.streams), '{{instance}}')],
    }),
    graph({
      title: 'Live streams that were closed',
      what: 'Streams per second that were closed because their reader did not take what was sent.',
      normal: 'none.',
      act: 'a reader hangs, or the way to it is too slow.',
      absent: NO_STREAMS,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.streamEvictions)})`, '{{instance}}')],
    }),
  ],
}
