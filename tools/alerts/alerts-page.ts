import { ALERT_RULES, RULE_FILES } from '../../prometheus/src/rule-files.ts'
import { isAlert } from '../../prometheus/src/rule.ts'
import type { GeneratedFile } from '../ops/generated-file.ts'
import { LITTLE_HASTE } from './alert-testbed.ts'
import type { ExpectedAlert, Scenario } from './scenario.ts'
import { NOT_PLAYED } from './scenarios.ts'
import { HASTE, speedUpRules } from './speed-up-rules.ts'

/** Alerts whose windows are short enough to test live; promtool tests the others. */
export const PLAYED_ALERTS: readonly string[] = [
  ...new Set(
    Object.values(RULE_FILES)
      .flatMap((groups) => speedUpRules(groups))
      .flatMap(({ rules }) => rules.filter(isAlert))
      .map(({ alert }) => alert),
  ),
]

/** Measured by hand, with the commands that it names. */
const NOTIFICATIONS = `At real speed, with waits, windows and routes as shipped, the feed of all books was cut for five minutes, and what
Alertmanager sent was counted. Both runs are of the whole stack:

| books | alerts that fired | inhibited | notifications | by |
| --- | --- | --- | --- | --- |
| 500 | 1,003 | 1,002 | 1, 54 s after the cut: FeedDisconnected | \`npm run test:alerts -- --storm 500\` |
| 3,000 | 3,009 | 3,003 | 5, at most 3 within a minute: FeedDisconnected as a warning after 46 s and as a page after 81 s; the others were about the machine | \`npm run test:alerts -- --storm 3000\` |

At 500 books FeedDisconnected, NotLive, Stale, BooksMissing and SubscriptionsMissing fired. One evaluation of all rules took
1.0 s in the mean (the sum of their groups, which run side by side), and none was missed. The run with 3,000 books had two
processors beside other programs (load 25 to 60), where the rules took 52 s and groups missed 102 of their 900 evaluations. So
FeedDisconnected warned before the share of missing books made it a page, Stale did not fire within the five minutes, and
LagBudgetBurnFast, LagBudgetBurnSustained, PipelineLagHigh and RebalanceStorm were about the machine. In a Prometheus that
shared the processors with less (load 20) and had 4,608 alerts firing for 3,000 books, the rules took 13 s, the slowest
group 6 s, at an interval of 5 s.

These alerts were seen to fire at real speed. Every other one was tested only with shortened waits;
\`npm run test:alerts -- --only TEXT --real-speed\` injects the fault of one row with the waits as shipped.
`

/** Renders docs/alerts.md: the alerts that every scenario expects. */
export function alertsPage(scenarios: readonly Scenario[]): GeneratedFile {
  const listed = Object.entries(NOT_PLAYED)
    .map(([name, reason]) => `- \`${shorten(name)}\`: ${reason}.`)
    .join('\n')
  const unplayed = [...new Set(ALERT_RULES.map(({ alert }) => alert))].filter(
    (name) => !PLAYED_ALERTS.includes(name),
  )
  const rows = scenarios.map((scenario) => {
    const { name, how, fires, mayFire = [], isForCi = false } = scenario
    const reported = fires.filter(({ isHeldBack }) => isHeldBack !== true).map(textOf)
    const held = fires.filter(({ isHeldBack }) => isHeldBack === true).map(textOf)
    const cells = [isForCi ? `**${name}**` : name, how, reported.join(', '), held.join(', ')]
    return `| ${[...cells, mayFire.map(shorten).join(', ')].join(' | ')} |`
  })
  const text = `# Which fault fires which alerts?

Written from the scenarios that \`npm run test:alerts\` plays (\`-- --all\`: every row); do not edit.

Kafka, the simulated exchange, a producer, two consumers, a real Prometheus and a real Alertmanager run as
processes. In each row nothing fires at first. Then the fault is injected, exactly the listed alerts fire, the fault is
removed, and all of them resolve. Names are without \`OrderBook\`; see the [runbooks](runbooks/README.md).

The rules are those of \`prometheus/rules/\` with every wait and window divided by ${HASTE} (by ${LITTLE_HASTE} for
repeated disconnects and gaps), at a scrape interval of one second. Waits of the service itself (\`STALE_AFTER_MS\`,
reconnect delays) are unchanged. _Inhibited_ alerts fire but are not sent, because another
alert explains them. _Possible_ alerts may fire or not, mostly because some waits are shortened and others are not.
If the machine is blocked for more than 0.2 s or overloaded, alerts of lag, event loop and scrapes are possible too, and the run reports it. CI runs the rows in bold.

| fault | how | fires | inhibited | possible |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${NOTIFICATIONS}
\`Watchdog\` always fires. Windows above an hour take hours even when shortened, so these alerts are tested by
\`promtool\` only (\`prometheus/tests/\`): ${unplayed.map(shorten).join(', ')}.

These are tested by \`promtool\` only too, because no fault is injected for them:

${listed}
`
  return { path: 'docs/alerts.md', text, parser: 'markdown' }
}

/** Name, with the instance where it is fixed. */
function textOf({ alert, severity, from, of = {}, isHeldBack }: ExpectedAlert): string {
  const own = [severity, from, ...Object.values(of)].filter((word) => word !== undefined)
  if (isHeldBack === null) own.push('sometimes inhibited')
  return own.length === 0 ? shorten(alert) : `${shorten(alert)} (${own.join(', ')})`
}

function shorten(alert: string): string {
  return alert.replace(/^OrderBook/, '')
}
