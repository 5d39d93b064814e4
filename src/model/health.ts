/** One readiness check. `detail` says why it fails, in words; null when it passes. */
export interface CheckResult {
  readonly isPassing: boolean
  readonly detail: string | null
}

export interface HealthCheck {
  readonly name: 'feed' | 'topic' | 'consumer' | 'books'
  check(): CheckResult
}

export type Role = 'all' | 'producer' | 'consumer'
