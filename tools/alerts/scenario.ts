import type { AlertTestbed, TestbedKind } from './alert-testbed.ts'

/** An alert that has to come. */
export interface ExpectedAlert {
  readonly alert: string
  /** Only where two alerts have the same name. */
  readonly severity?: string
  /** Whose label `instance` every alert of the name has to have. */
  readonly from?: 'producer' | 'consumer-1' | 'consumer-2'
  /** Further labels of that kind. */
  readonly of?: Readonly<Record<string, string>>
  /** Alertmanager holds it back, as another one explains it; null: by turns, as that one comes and goes. */
  readonly isHeldBack?: true | null
}

export interface Scenario {
  /** A sentence: what is wrong. */
  readonly name: string
  readonly testbed: TestbedKind
  /** Whether CI plays it: together they show an alert of each file of rules. */
  readonly isForCi?: true
  /** How it is made to happen, for the table of docs/alerts.md. */
  readonly how: string
  readonly inject: (testbed: AlertTestbed) => Promise<void> | void
  /** All of them fire before it is mended. */
  readonly fires: readonly ExpectedAlert[]
  readonly recover: (testbed: AlertTestbed) => Promise<void> | void
  /** Names of alerts that come with it or not, by chance; any other one is a failure. */
  readonly mayFire?: readonly string[]
}
