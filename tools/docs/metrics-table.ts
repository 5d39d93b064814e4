import { type MetricDefinition, OPEN } from '../../src/observability/catalogue/definition.ts'
import { pipelineLag } from '../../src/observability/catalogue/lag.ts'
import { METRIC_GROUPS } from './metric-groups.ts'

const INTRODUCTION = `# Metrics

Generated from \`src/observability/catalogue/\` by \`npm run docs:generate\`; do not edit.

## When does a series exist?

- A value series exists only while its book is live. A gauge without a value has no sample.
- Counters start at 0, so that \`increase\` sees their first event. \`orderbook_gaps_total\` of an instrument starts with its
  subscription, in incremental mode only; \`orderbook_updates_total\` starts with its first record.
- \`orderbook_http_request_duration_seconds\` starts with the first request of a route and status.
- \`orderbook_state\` has one series per book, with the current state and reason as labels and the value 1. Other states
  have no series, because zeros for all of them would be eight series per book. No rule and no dashboard needs the zeros.
  If a query needs them, take them from another series:
  \`max by (instrument) (orderbook_state{state="stale"} or on (instrument) 0 * orderbook_up)\`.

## How is a restart seen?

A scrape in OpenMetrics has the start time of each counter and histogram (\`orderbook_feed_frames_created\`, Unix time). It
shows a restart even if the counter has already grown beyond its last value before the restart. Prometheus stores these
times as additional series, about as many as there are counters, or reads them with
\`--enable-feature=created-timestamp-zero-ingestion\` (3.x). Series with the label \`instrument\` have no start time, because
the number of series would grow with the books.

## Why are there no native histograms?

The histograms of the lag are classic, with 22 bounds from 5 µs to 60 s. A native histogram has finer buckets: for a
log-normal lag its 99th percentile was within 0.1 %, while that of the classic one was 38 % too high, in the bucket of 10
to 25 ms. There are three reasons against it:

- It needs the protobuf exposition and, in Prometheus 2.x, a feature flag.
- The objective of 0.5 s is a bucket bound, so its share is exact in a classic histogram too.
- An observation took 85 ns instead of 35 ns.

Histograms have no label \`instrument\`, so their buckets are a small share of the series of a large job. They stay classic
as long as Prometheus 2.42 is supported.

## Which units are used?

- Durations are in seconds. Timestamps are Unix time, so an age is \`time() - x\`.
- Amounts and prices are in the exchange's unit of the instrument. Never sum them across instruments.

## What do the columns mean?

"Role" says which role exports a metric; \`ROLE=all\` exports all. "Normal" is what a healthy service shows. "Full detail
only" means that the metric is absent with \`METRICS_DETAIL=core\`, the default above 80 instruments.

\`prom-client\`'s metrics of the Node process (\`process_*\`, \`nodejs_*\`) are exported too, except those that break the naming
rules of Prometheus.
`

type Stage = (typeof pipelineLag.labels.stage)[number]

/** From, to and clock of each stage of the lag. */
const STAGES: Readonly<Record<Stage, readonly [from: string, to: string, clock: string]>> = {
  exchange_to_receive: [
    "the exchange's timestamp of the frame",
    'the socket delivered the frame',
    'wall, corrected by the clock offset',
  ],
  receive_to_send: ['receipt', 'its batch was sent', 'monotonic'],
  send_to_ack: ['its batch was sent', 'the brokers acknowledged it', 'monotonic'],
  receive_to_consume: [
    'receipt',
    'the consumer has the record',
    'wall of both hosts; monotonic with the in-process topic',
  ],
  consume_to_publish: ['the consumer has the record', 'values readable', 'monotonic'],
  receive_to_publish: [
    'receipt',
    'values readable: our own share, used by alerts',
    'as its two parts',
  ],
  total: ["the exchange's timestamp of the frame", 'values readable', 'as its three parts'],
}

const LAG_NOTE = `
An update passes \`exchange_to_receive\`, \`receive_to_consume\` and \`consume_to_publish\` in this order.
\`receive_to_send\` and \`send_to_ack\` are parts of \`receive_to_consume\`: do not add them to it. All stages
observe book frames only. Checkpoints, first snapshots, answers to a probe and replayed records carry old timestamps and
are not observed.

| stage | from | to | clock |
| --- | --- | --- | --- |
${pipelineLag.labels.stage.map((stage) => `| \`${stage}\` | ${STAGES[stage].join(' | ')} |`).join('\n')}
`

/** The reference page of all metrics. */
export function renderMetricsPage(): string {
  const sections = METRIC_GROUPS.map(({ title, definitions }) => {
    const rows = definitions.map(row).join('\n')
    return `## ${title}\n\n${HEADER}\n${rows}\n${title === 'Lag' ? LAG_NOTE : ''}`
  })
  return [INTRODUCTION, ...sections].join('\n')
}

const HEADER = `| metric | type | unit | labels | role | meaning | normal |
| --- | --- | --- | --- | --- | --- | --- |`

function row(definition: MetricDefinition): string {
  const { name, type, unit, role: side, help, normal, detail } = definition
  const meaning = detail === 'full' ? `${help} Full detail only.` : help
  const cells = [
    `\`${name}\``,
    type,
    unit ?? '',
    labelsText(definition),
    side,
    meaning,
    normal ?? '',
  ]
  return `| ${cells.join(' | ')} |`
}

function labelsText({ labels }: MetricDefinition): string {
  return Object.entries(labels)
    .map(([name, values]) => {
      if (values === OPEN) return `\`${name}\``
      const words = values.map((value) => (value === '' ? '(empty)' : `\`${value}\``))
      return `\`${name}\`: ${words.join(', ')}`
    })
    .join('; ')
}
