import { ALERT_RULES } from '../../prometheus/src/rule-files.ts'
import type { GeneratedFile } from './generated-file.ts'

const HEAD = `# Runbooks

The table is made from \`prometheus/src/\` by \`npm run ops:generate\`; the runbooks beside it are written by
hand, one for each alert: what it means for who reads the numbers, where to look first, how to see it
happen, how to mend it. Links lead to Prometheus as \`docker compose up\` or \`npm run stack\` starts it. Faults are
those of [the simulator](../simulator.md); their commands are for \`npm run stack\`, as the simulator in containers
[takes them from inside only](../containers.md#what-is-open).

\`critical\` wakes someone, \`warning\` is looked at today, \`info\` tells nobody; \`none\` is Watchdog, which is told to
the receiver \`dead-man-switch\` all the time.

| alert | severity | after | says |
| --- | --- | --- | --- |
`

/** docs/runbooks/README.md: all alerts at one look. */
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
