import {
  dashboardUrl,
  runbookUrl,
  silenceUrl,
  type DashboardUid,
  type VariableLabel,
} from './links.ts'

/** `critical` pages someone, `warning` is for the same day, `info` and `none` notify nobody. */
export type Severity = 'critical' | 'warning' | 'info' | 'none'

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** Fields in the order of the Prometheus documentation. */
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
    readonly silence_url: string
  }
}

export type Rule = RecordingRule | AlertRule

export interface RuleGroup {
  readonly name: string
  /** Default: the evaluation interval of prometheus.yml. Must be below 5 minutes, else series have gaps. */
  readonly interval?: string
  readonly rules: readonly Rule[]
}

/** Parts of an alert; annotations may use Prometheus templates. */
export interface AlertSpec {
  /** Also the name of its runbook. */
  readonly alert: string
  /** PromQL; line breaks are kept. */
  readonly expr: string
  readonly for?: string
  /** Set where the alert would flap. */
  readonly keepFiringFor?: string
  readonly severity: Severity
  /** Further labels. */
  readonly labels?: Readonly<Record<string, string>>
  /** One line: what is wrong with what. */
  readonly summary: string
  /** What it means, with `$value`. */
  readonly description: string
  /** Dashboard, and the alert labels that are set in it. */
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
      silence_url: silenceUrl(spec.alert),
    },
  }
}

export function isAlert(rule: Rule): rule is AlertRule {
  return 'alert' in rule
}

/** Indents every line of an expression. */
export function indent(expr: string, spaces: number): string {
  return expr.replaceAll(/^/gm, ' '.repeat(spaces))
}
