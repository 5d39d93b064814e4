import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../stack/probes.ts'
import type { ExpectedAlert } from './scenario.ts'

const POLL_MS = 250
/** Thousands of alerts are an answer of many megabytes, which takes seconds beside other work. */
const ANSWER_WITHIN_MS = 60_000

/** An alert as reported by Alertmanager. */
export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly isHeldBack: boolean
}

interface AlertAnswer {
  readonly labels: Readonly<Record<string, string>>
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] }
}

/** The alert that always fires. */
const ALWAYS = 'Watchdog'

/** Polls Alertmanager and remembers every alert. */
export class AlertWatch {
  readonly #url: string
  /** Alerts since the last `forget`, each once. */
  readonly #seen = new Map<string, FiringAlert>()

  #firing: readonly FiringAlert[] = []
  readonly #signal: AbortSignal
  readonly #pollMs: number

  /**
   * @param url of Alertmanager
   * @param signal aborts every wait with an error
   * @param pollMs longer where thousands of alerts are read each time
   */
  constructor(url: string, signal: AbortSignal, pollMs = POLL_MS) {
    this.#pollMs = pollMs
    this.#url = url
    this.#signal = signal
  }

  /** Alerts at the last poll, without `Watchdog`. */
  get firing(): readonly FiringAlert[] {
    return this.#firing
  }

  get seen(): readonly FiringAlert[] {
    return [...this.#seen.values()]
  }

  forget(): void {
    this.#seen.clear()
  }

  /**
   * Polls until `isEnough` of the firing alerts, without `Watchdog`.
   * @param what names what is missing, when the time is over
   * @throws Error that names the firing alerts, after `withinMs`
   */
  async until(
    what: () => string,
    withinMs: number,
    isEnough: (firing: readonly FiringAlert[], hasWatchdog: boolean) => boolean,
  ): Promise<void> {
    const endMs = performance.now() + withinMs
    for (;;) {
      const all = await this.#poll()
      const firing = all.filter(({ labels }) => labels['alertname'] !== ALWAYS)
      this.#firing = firing
      for (const alert of firing) this.#seen.set(JSON.stringify(alert.labels), alert)
      if (isEnough(firing, firing.length < all.length)) return
      if (performance.now() > endMs) {
        const now = firing.map(describeAlert).sort().join('\n  ')
        throw new Error(`not within ${withinMs / 1000} s: ${what()}; now fire:\n  ${now || 'none'}`)
      }
      await sleep(this.#pollMs, undefined, { signal: this.#signal })
    }
  }

  /**
   * Waits until nothing but `Watchdog` has fired for `quietMs`.
   * @param isIgnored alerts by name that are no matter
   * @throws Error as `until`
   */
  async untilQuiet(
    what: string,
    withinMs: number,
    quietMs: number,
    isIgnored: (alertname: string) => boolean = () => false,
  ): Promise<void> {
    let sinceMs = performance.now()
    await this.until(
      () => what,
      withinMs,
      (firing, hasWatchdog) => {
        const nowMs = performance.now()
        const hasAny = firing.some(({ labels }) => !isIgnored(labels['alertname'] ?? ''))
        if (hasAny || !hasWatchdog) sinceMs = nowMs
        return nowMs - sinceMs >= quietMs
      },
    )
  }

  async #poll(): Promise<FiringAlert[]> {
    const response = await ask(`${this.#url}/api/v2/alerts`, ANSWER_WITHIN_MS)
    const answer = (await response.json()) as AlertAnswer[]
    return answer
      .filter(({ status }) => status.state !== 'unprocessed')
      .map(({ labels, status }) => ({ labels, isHeldBack: status.inhibitedBy.length > 0 }))
  }
}

/** Whether an alert matches an expected one by name, severity and labels. */
export function isMeant({ labels }: FiringAlert, expected: ExpectedAlert): boolean {
  const { alert, severity, of = {} } = expected
  if (labels['alertname'] !== alert) return false
  if (severity !== undefined && labels['severity'] !== severity) return false
  return Object.entries(of).every(([name, value]) => labels[name] === value)
}

/** Name and the labels that distinguish it. */
export function describeAlert({ labels, isHeldBack }: FiringAlert): string {
  const { alertname = '', ...rest } = labels
  const own = Object.entries(rest)
    .filter(([name]) => !['job', 'slo'].includes(name))
    .map(([name, value]) => `${name}=${value}`)
  return `${alertname} (${own.join(' ')})${isHeldBack ? ', held back' : ''}`
}
