import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, quantile, rate, series } from '../parts/selector.ts'

const NO_PRODUCER = 'No producer is scraped'

/** Row: connection to the exchange. */
export const feedRow: Row = {
  title: 'Feed',
  isCollapsed: true,
  panels: [
    graph({
      title: 'Frames by kind',
      what: 'Frames of the exchange that passed validation, per second.',
      normal: 'books and trades with the market; heartbeats always.',
      act: 'heartbeats alone: the subscriptions are gone; nothing at all: the connection.',
      absent: NO_PRODUCER,
      unit: 'ops',
      min: 0,
      queries: [query(`sum by (kind) (${rate(metric.feedFrames)})`, '{{kind}}')],
      runbooks: ['OrderBookTradesSilent'],
    }),
    graph({
      title: 'Bytes received',
      what: 'Bytes of all frames, per second.',
      normal: 'in step with the frames.',
      act: 'more bytes for as many frames: the depth has grown.',
      absent: NO_PRODUCER,
      unit: 'Bps',
      min: 0,
      queries: [query(`sum by (instance) (${rate(metric.feedBytes)})`, '{{instance}}')],
    }),
    graph({
      title: 'Skipped frames',
      what: 'Frames per second that failed validation, by reason.',
      normal: 'none.',
      act: 'the log has an excerpt, once a minute for each reason; the book concerned is resynced.',
      absent: NO_PRODUCER,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.feedInvalidFrames)})`, '{{reason}}')],
    }),
    graph({
      title: 'Age of the last frame and of the oldest probe',
      what: 'Time since the last frame on the connection that waited longest, and time for which the quietest book has been due for a probe.',
      normal: 'a second at most; probes 0.',
      act: 'a frame older than STALE_AFTER_MS ends the connection; probes that wait long are limited by the exchange.',
      absent: NO_PRODUCER,
      unit: 's',
      min: 0,
      queries: [
        query(
          `max by (instance) (${age(metric.feedLastFrameTimestamp)})`,
          'last frame, {{instance}}',
        ),
        query(
          `max by (instance) (${series(metric.feedOldestProbeAge)})`,
          'probe due, {{instance}}',
        ),
      ],
      runbooks: ['OrderBookFeedDisconnected', 'OrderBookExchangeFrozen'],
    }),
    graph({
      title: 'Round trip',
      what: 'Round-trip time of requests without the processing time of the exchange.',
      normal: 'the network round trip.',
      act: 'it limits the accuracy of the clock offset.',
      absent: `${NO_PRODUCER}, or the exchange has not answered yet`,
      unit: 's',
      isLog: true,
      queries: [0.5, 0.99].map((q) =>
        query(quantile(q, metric.feedRoundTrip, ['instance']), `p${q * 100} {{instance}}`),
      ),
    }),
    graph({
      title: 'Subscriptions',
      what: 'Requested channels, and those that the exchange acknowledged.',
      normal: 'both equal.',
      act: '/api/v1/pipeline names those that are missing: most often the exchange does not know the name.',
      absent: NO_PRODUCER,
      unit: 'short',
      min: 0,
      queries: [
        query(
          `sum by (instance, state) (${series(metric.feedSubscriptions)})`,
          '{{state}} {{instance}}',
        ),
      ],
      runbooks: ['OrderBookSubscriptionsMissing', 'OrderBookProbesOverdue'],
    }),
    graph({
      title: 'Connects and disconnects',
      what: 'Connection attempts by result and disconnects by reason, per second.',
      normal: 'none except at the start.',
      act: 'the label names the layer: DNS, TLS, HTTP status, credentials, silence, the exchange.',
      absent: NO_PRODUCER,
      unit: 'cps',
      min: 0,
      queries: [
        query(`sum by (result) (${rate(metric.feedConnects)}) > 0`, 'connect: {{result}}'),
        query(`sum by (reason) (${rate(metric.feedDisconnects)}) > 0`, 'end: {{reason}}'),
      ],
      runbooks: ['OrderBookFeedFlapping'],
    }),
    graph({
      title: 'Resyncs',
      what: 'Resyncs per second by reason: the book could not continue, or a probe of a quiet book returned different data.',
      normal: 'rare.',
      act: 'gap and overflow: frames are lost before the producer; silent: the exchange drops subscriptions.',
      absent: NO_PRODUCER,
      unit: 'cps',
      min: 0,
      queries: [query(`sum by (reason) (${rate(metric.resyncs)})`, '{{reason}}')],
      runbooks: ['OrderBookGapRate', 'OrderBookInvalidFrames'],
    }),
  ],
}
