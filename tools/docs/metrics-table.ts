import { pipelineLag } from '../../src/observability/catalogue/lag.ts'
import { OPEN, type MetricDefinition } from '../../src/observability/definition.ts'
import { METRIC_GROUPS } from './metric-groups.ts'

const INTRODUCTION = `# Metrics

Generated from \`src/observability/catalogue/\` by \`npm run docs:generate\`; do not edit.

A series exists while there is something true to say: a book that is not live has no value series,
a gauge without a value has no sample. Counters are there with 0 before their first event, so that
\`increase\` sees it: those of an instrument from its subscription on (\`orderbook_gaps_total\`, in incremental mode)
or from the first record that names it (\`orderbook_updates_total\`), until the instrument goes. Only
\`orderbook_http_request_duration_seconds\` begins with the first request of a route and status. All times are seconds, instants are Unix
time: an age is \`time() - x\`. Amounts and prices are in the exchange's unit of the instrument and
never summed across instruments. "Side" says which roles export a metric: \`producer\` and
\`consumer\` are the two sides of the topic, \`ROLE=all\` is both.

\`prom-client\`'s metrics of the Node process (\`process_*\`, \`nodejs_*\`) are on the page too, without
those that break the naming rules of Prometheus.
`

type Stage = (typeof pipelineLag.labels.stage)[number]

/** From, to and clock of each stage of the lag. */
const STAGES: Readonly<Record<Stage, readonly [from: string, to: string, clock: string]>> = {
  exchange_to_receive: [
    "the exchange's own time of the frame",
    'the socket gave us the frame',
    'wall, corrected by the offset of the exchange',
  ],
  receive_to_send: ['receipt', 'its batch was sent', 'monotonic'],
  send_to_ack: ['its batch was sent', 'the brokers acknowledged it', 'monotonic'],
  receive_to_consume: [
    'receipt',
    'the consumer has the record',
    'wall of both hosts; monotonic where the topic is inside the process',
  ],
  consume_to_publish: ['the consumer has the record', 'values readable', 'monotonic'],
  receive_to_publish: [
    'receipt',
    'values readable: our own share, which alerts judge',
    'as the two that it is made of',
  ],
  total: [
    "the exchange's own time of the frame",
    'values readable',
    'as the three that it is the sum of',
  ],
}

const LAG_NOTE = `
An update passes \`exchange_to_receive\`, \`receive_to_consume\` and \`consume_to_publish\`, one after the other.
\`receive_to_send\` and \`send_to_ack\` are inside of \`receive_to_consume\`: do not add them to it. Checkpoints, first
pictures, answers to a probe and replayed records carry old times and are in none of them.

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

const HEADER = `| metric | type | unit | labels | side | meaning |
| --- | --- | --- | --- | --- | --- |`

function row(definition: MetricDefinition): string {
  const { name, type, unit, side, help, detail } = definition
  const meaning = detail === 'full' ? `${help} Only with full detail.` : help
  const cells = [`\`${name}\``, type, unit ?? '', labelsText(definition), side, meaning]
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
