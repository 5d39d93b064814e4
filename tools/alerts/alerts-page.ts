import { ALERT_RULES, RULE_FILES } from '../../prometheus/src/rule-files.ts'
import { isAlert } from '../../prometheus/src/rule.ts'
import type { GeneratedFile } from '../ops/generated-file.ts'
import { LITTLE_HASTE } from './alert-stage.ts'
import { HASTE, hastenRules } from './hasten-rules.ts'
import type { ExpectedAlert, Scenario } from './scenario.ts'

/** Alerts whose windows are short enough to be played; the others are left to promtool. */
export const PLAYED_ALERTS: readonly string[] = [
  ...new Set(
    Object.values(RULE_FILES)
      .flatMap((groups) => hastenRules(groups))
      .flatMap(({ rules }) => rules.filter(isAlert))
      .map(({ alert }) => alert),
  ),
]

/** docs/alerts.md: what was seen when every scenario was as it should be. */
export function alertsPage(scenarios: readonly Scenario[]): GeneratedFile {
  const unplayed = [...new Set(ALERT_RULES.map(({ alert }) => alert))].filter(
    (name) => !PLAYED_ALERTS.includes(name),
  )
  const rows = scenarios.map((scenario) => {
    const { name, how, fires, mayFire = [], isForCi = false } = scenario
    const told = fires.filter(({ isHeldBack }) => isHeldBack !== true).map(wordsOf)
    const held = fires.filter(({ isHeldBack }) => isHeldBack === true).map(wordsOf)
    const cells = [isForCi ? `**${name}**` : name, how, told.join(', '), held.join(', ')]
    return `| ${[...cells, mayFire.map(shorten).join(', ')].join(' | ')} |`
  })
  const text = `# Which fault makes which alerts fire

Written by \`npm run test:alerts\` (\`-- --all\`, \`-- --rest\`) when all of it was so; do not edit.

Kafka, the simulated exchange, a producer, two consumers, a real Prometheus and a real Alertmanager run as
processes. For each row nothing fires at first, then the fault is made, all of its alerts fire and no other one
does, the fault is mended, and all of them are resolved. Names are without \`OrderBook\`; what to do is in
the [runbooks](runbooks/README.md).

The rules are those of \`prometheus/rules/\` with every wait and window divided by ${HASTE} (by ${LITTLE_HASTE} for
connections that are cut and changes that are missing again and again), at a scrape each second; waits of the service itself (\`STALE_AFTER_MS\`, the time between attempts to connect) are as in life. _Held back_ is what
Alertmanager has and tells nobody, because another alert explains it. _By chance_ is what comes along or not: mostly
where a wait that is not hastened meets one that is. Where the machine stood still for
more than 0.2 s, or had more to do than this, what comes of it (lag, a blocked event loop, scrapes without an answer) is by
chance too, and the run says so. CI plays the rows in bold.

| what is wrong | how | fires | held back | by chance |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

\`Watchdog\` fires all the time. Windows above an hour take hours also when hastened, so these are played by
\`promtool\` alone (\`prometheus/tests/\`): ${unplayed.map(shorten).join(', ')}.
`
  return { path: 'docs/alerts.md', text, parser: 'markdown' }
}

/** Name, and whose it is where it tells. */
function wordsOf({ alert, severity, from, of = {}, isHeldBack }: ExpectedAlert): string {
  const own = [severity, from, ...Object.values(of)].filter((word) => word !== undefined)
  if (isHeldBack === null) own.push('now and then held back')
  return own.length === 0 ? shorten(alert) : `${shorten(alert)} (${own.join(', ')})`
}

function shorten(alert: string): string {
  return alert.replace(/^OrderBook/, '')
}
