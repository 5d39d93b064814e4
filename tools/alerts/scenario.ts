import type { AlertTestbed, TestbedKind } from './alert-testbed.ts'

/** An expected alert. */
export interface ExpectedAlert {
  readonly alert: string
  /** Set only where two alerts have the same name. */
  readonly severity?: string
  /** Process whose `instance` label the alert must have. */
  readonly from?: 'producer' | 'consumer-1' | 'consumer-2'
  /** Further required labels. */
  readonly of?: Readonly<Record<string, string>>
  /** Inhibited by Alertmanager, because another alert explains it; null: sometimes. */
  readonly isHeldBack?: true | null
}

export interface Scenario {
  /** What is wrong, as a sentence. */
  readonly name: string
  readonly testbed: TestbedKind
  /** Whether CI runs it: together they cover each rule file. */
  readonly isForCi?: true
  /** How the fault is injected, for the table of docs/alerts.md. */
  readonly how: string
  readonly inject: (testbed: AlertTestbed) => Promise<void> | void
  /** All of them fire before the fault is removed. */
  readonly fires: readonly ExpectedAlert[]
  readonly recover: (testbed: AlertTestbed) => Promise<void> | void
  /** Names of alerts that may fire by chance; any other one is a failure. */
  readonly mayFire?: readonly string[]
}
