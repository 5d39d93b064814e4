import { dashboardUrl, runbookUrl, type DashboardUid, type VariableLabel } from './links.ts'

/** The job that scrapes the service in prometheus.yml. */
export const JOB = 'orderbook'

/** `critical` wakes someone, `warning` is looked at today, `info` and `none` tell nobody. */
export type Severity = 'critical' | 'warning' | 'info' | 'none'

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** In the order in which Prometheus's own documentation writes the fields. */
export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly keep_firing_for?: string
  readonly labels: Readonly<Record<string, string>> & { readonly severity: Severity }
  readonly annotations: {
    readonly summary: string
    readonly description: string
    readonly runbook_url: string
    readonly dashboard_url: string
  }
}

export type Rule = RecordingRule | AlertRule

export interface RuleGroup {
  readonly name: string
  /** Left out: the evaluation interval of prometheus.yml. Below 5 minutes, or series have holes. */
  readonly interval?: string
  readonly rules: readonly Rule[]
}

/** What an alert is made of; the annotations may use Prometheus's templates. */
export interface AlertSpec {
  /** Also the name of its runbook. */
  readonly alert: string
  /** PromQL; lines are kept. */
  readonly expr: string
  readonly for?: string
  /** Where it would come and go. */
  readonly keepFiringFor?: string
  readonly severity: Severity
  /** Further labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** One line: what, of which. */
  readonly summary: string
  /** What it means, with `$value`. */
  readonly description: string
  /** Where to look, and the labels of the alert that are set there. */
  readonly dashboard: readonly [DashboardUid, ...VariableLabel[]]
}

export function alert(spec: AlertSpec): AlertRule {
  const [uid, ...labels] = spec.dashboard
  return {
    alert: spec.alert,
    expr: spec.expr.trim(),
    ...(spec.for === undefined ? {} : { for: spec.for }),
    ...(spec.keepFiringFor === undefined ? {} : { keep_firing_for: spec.keepFiringFor }),
    labels: { severity: spec.severity, ...spec.labels },
    annotations: {
      summary: spec.summary,
      description: spec.description,
      runbook_url: runbookUrl(spec.alert),
      dashboard_url: dashboardUrl(uid, labels),
    },
  }
}

export function isAlert(rule: Rule): rule is AlertRule {
  return 'alert' in rule
}

/** Every line of an expression further to the right. */
export function indent(expr: string, spaces: number): string {
  return expr.replaceAll(/^/gm, ' '.repeat(spaces))
}
