import { ALERT_RULES } from '../../prometheus/src/rule-files.ts'
import type { GeneratedFile } from './generated-file.ts'

const HEAD = `# Runbooks

The table is generated from \`prometheus/src/\` by \`npm run ops:generate\`. Each alert has a runbook: what it means,
how to diagnose it, how to reproduce it, how to resolve it. Links lead to Prometheus as started by \`docker compose up\`
or \`npm run stack\`. Faults are those of [the simulator](../simulator.md). The commands are for \`npm run stack\`; in
containers the simulator [accepts them from inside only](../containers.md#which-ports-are-open).

Severities: \`critical\` pages someone, \`warning\` needs action on the same day, \`info\` notifies nobody. Only Watchdog has
\`none\`; it is always sent to the receiver \`dead-man-switch\`.

| alert | severity | after | summary |
| --- | --- | --- | --- |
`

/** Renders docs/runbooks/README.md: the table of all alerts. */
export function renderRunbookIndex(): GeneratedFile {
  const rows = ALERT_RULES.map(({ alert, labels, annotations, for: after = 'at once' }) => {
    const says = annotations.summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '_$1_')
    return `| [${alert}](${alert}.md) | ${labels.severity} | ${after} | ${says} |`
  })
  return {
    path: 'docs/runbooks/README.md',
    text: `${HEAD}${rows.join('\n')}\n`,
    parser: 'markdown',
  }
}
