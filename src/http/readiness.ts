import { messageOf } from '../errors.ts'
import type { HealthCheck } from '../model/health.ts'

export interface CheckAnswer {
  readonly status: 'pass' | 'fail'
  readonly detail: string | null
}

export interface ReadinessReading {
  readonly isReady: boolean
  readonly checks: Readonly<Record<string, CheckAnswer>>
}

/** Whether this process should get work: all checks pass, and it is not stopping. */
export class Readiness {
  readonly #checks: readonly HealthCheck[]
  #isStopping = false

  constructor(checks: readonly HealthCheck[]) {
    this.#checks = checks
  }

  /** From now on not ready, for good. */
  setStopping(): void {
    this.#isStopping = true
  }

  read(): ReadinessReading {
    const answers: [string, CheckAnswer][] = this.#checks.map((check) => [check.name, run(check)])
    if (this.#isStopping) answers.push(['shutdown', { status: 'fail', detail: 'stopping' }])
    const isReady = answers.every(([, { status }]) => status === 'pass')
    return { isReady, checks: Object.fromEntries(answers) }
  }
}

function run(check: HealthCheck): CheckAnswer {
  try {
    const { isPassing, detail } = check.check()
    return { status: isPassing ? 'pass' : 'fail', detail }
  } catch (error) {
    // A check that breaks must not look like a broken HTTP server.
    return { status: 'fail', detail: messageOf(error) }
  }
}
