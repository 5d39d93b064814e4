import { OPEN, type MetricDefinition } from '../../src/observability/definition.ts'
import { METRIC_GROUPS } from './metric-groups.ts'

const INTRODUCTION = `# Metrics

Generated from \`src/observability/catalogue/\` by \`npm run docs:generate\`; do not edit.

A series exists while there is something true to say: a book that is not live has no value series,
a gauge without a value has no sample. Counters start at 0. All times are seconds, instants are Unix
time: an age is \`time() - x\`. Amounts and prices are in the exchange's unit of the instrument and
never summed across instruments. "Side" says which roles export a metric: \`producer\` and
\`consumer\` are the two sides of the topic, \`ROLE=all\` is both.

\`prom-client\`'s metrics of the Node process (\`process_*\`, \`nodejs_*\`) are on the page too, without
those that break the naming rules of Prometheus.
`

/** The reference page of all metrics. */
export function renderMetricsPage(): string {
  const sections = METRIC_GROUPS.map(({ title, definitions }) => {
    const rows = definitions.map(row).join('\n')
    return `## ${title}\n\n${HEADER}\n${rows}\n`
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
