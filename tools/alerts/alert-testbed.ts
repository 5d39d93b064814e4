import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { RULE_FILES } from '../../prometheus/src/rule-files.ts'
import { JOB } from '../../prometheus/src/generation.ts'
import type { ChildService } from '../stack/child-service.ts'
import { ask } from '../stack/probes.ts'
import { withTargets } from '../stack/prometheus-config.ts'
import { freePorts } from '../stack/stack-options.ts'
import { describeDeath, type Stack } from '../stack/stack.ts'
import { startStack } from '../stack/start-stack.ts'
import { speedUpRules } from './speed-up-rules.ts'

const INTERVAL = '1s'
const RELOAD_WITHIN_MS = 30_000
const SCRAPED_WITHIN_MS = 60_000
const POLL_MS = 100
/** Names from the built-in list of the simulator. */
const INSTRUMENTS = [
  ...['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC-PERPETUAL', 'ETH_USDC-PERPETUAL'],
  ...['SOL_USDC-PERPETUAL', 'XRP_USDC-PERPETUAL'],
]
export const LITTLE_HASTE = 5
/** Its channel is not acknowledged in the testbed of that name. */
export const UNACKNOWLEDGED = 'XRP_USDC-PERPETUAL'
/**
 * Changes per second of each book. Odd, so that a fault in every other change is visible at every other scrape,
 * not at all scrapes or at none.
 */
const RATE = 11

const KINDS: Readonly<
  Record<
    TestbedKind,
    { settings: Readonly<Record<string, string>>; scenario?: string; haste?: number }
  >
> = {
  // A small queue, so that a hanging broker fills it in seconds.
  grouped: { settings: { PRODUCER_QUEUE_MAX_BYTES: '1048576' } },
  // Reconnect delays are not shortened, so counts of them need longer windows.
  unhurried: { settings: {}, haste: LITTLE_HASTE },
  // Three snapshots within ten seconds, then a pause: six gaps within a shortened window of
  // fifteen seconds would be a coincidence.
  incremental: { settings: { BOOK_MODE: 'incremental' }, haste: LITTLE_HASTE },
  // A consumer lists a name without records only if it is configured.
  unacknowledged: {
    settings: { INSTRUMENTS: INSTRUMENTS.join(',') },
    scenario: `no-ack@${UNACKNOWLEDGED}`,
  },
}

interface QueryAnswer {
  readonly data: { readonly result: readonly unknown[] }
}

interface TargetsAnswer {
  readonly data: { readonly activeTargets: readonly { labels: Record<string, string> }[] }
}

interface TestbedParts {
  readonly stack: Stack
  readonly prometheus: ChildService
  readonly alertmanager: ChildService
  /** Targets scraped from the start. */
  readonly services: readonly ChildService[]
  /** Messages about processes that exited unexpectedly. */
  readonly deaths: string[]
  /** Whether the rules are as shipped, not shortened. */
  readonly isRealSpeed: boolean
}

/** The stack with Prometheus, Alertmanager and rules, shortened or as shipped, as processes. */
export class AlertTestbed implements TestbedParts {
  readonly stack: Stack
  readonly prometheus: ChildService
  readonly alertmanager: ChildService
  readonly services: readonly ChildService[]
  readonly deaths: string[]
  readonly isRealSpeed: boolean

  /**
   * @param signal aborts the start
   * @param isRealSpeed the rules and intervals as shipped instead of shortened ones
   * @throws Error where Prometheus or Alertmanager is not installed, or something does not start
   */
  static async start(
    kind: TestbedKind,
    signal: AbortSignal,
    isRealSpeed = false,
  ): Promise<AlertTestbed> {
    const folder = mkdtempSync(join(tmpdir(), `orderbook-alerts-${kind}-`))
    const rules = join(folder, 'rules')
    mkdirSync(rules)
    const { settings, scenario, haste } = KINDS[kind]
    for (const [name, groups] of Object.entries(RULE_FILES)) {
      const text = stringify(
        { groups: isRealSpeed ? groups : speedUpRules(groups, haste) },
        { lineWidth: 0 },
      )
      writeFileSync(join(rules, `${name}.yml`), text)
    }
    const deaths: string[] = []
    const stack = await startStack(
      {
        folder,
        ports: freePorts(2),
        instruments: INSTRUMENTS,
        ratePerSecond: RATE * INSTRUMENTS.length,
        simulator: scenario === undefined ? {} : { scenario },
        settings,
        ruleFiles: join(rules, '*.yml'),
        ...(isRealSpeed ? {} : { scrapeInterval: INTERVAL, alertResendDelay: '2s' }),
      },
      { signal, onDeath: (death) => deaths.push(describeDeath(death)) },
    )
    const { prometheus, alertmanager } = stack
    if (prometheus === null || alertmanager === null) {
      await stack.stop()
      throw new Error(stack.missing.join('\n'))
    }
    return new AlertTestbed({ stack, prometheus, alertmanager, deaths, isRealSpeed })
  }

  private constructor(parts: Omit<TestbedParts, 'services'>) {
    const { stack, prometheus, alertmanager, deaths, isRealSpeed } = parts
    this.stack = stack
    this.prometheus = prometheus
    this.alertmanager = alertmanager
    this.services = [stack.producer, ...stack.consumers]
    this.deaths = deaths
    this.isRealSpeed = isRealSpeed
  }

  /** A consumer by index. @throws Error where it does not exist */
  consumer(index: number): ChildService {
    const consumer = this.stack.consumers[index]
    if (consumer === undefined) throw new Error(`the stack has no consumer ${index}`)
    return consumer
  }

  /** Label `instance` of a process. */
  instanceOf(service: ChildService): string {
    return new URL(service.url).host
  }

  /** Sets exactly these faults of the simulated exchange; an empty list clears all. */
  setFaults(faults: string): Promise<void> {
    return this.stack.setFaults(faults)
  }

  /** Replaces the targets of Prometheus. */
  async setTargets(services: readonly ChildService[]): Promise<void> {
    const file = join(this.stack.folder, 'prometheus.yml')
    const config = withTargets(readFileSync(file, 'utf8'), {
      services: services.map((service) => this.instanceOf(service)),
      prometheus: this.instanceOf(this.prometheus),
      alertmanager: this.instanceOf(this.alertmanager),
      ruleFiles: join(this.stack.folder, 'rules', '*.yml'),
    })
    writeFileSync(file, config)
    process.kill(this.prometheus.pid, 'SIGHUP')
    const wanted = services.map((service) => this.instanceOf(service)).sort()
    await untilPrometheus('load its new targets', RELOAD_WITHIN_MS, async () => {
      return JSON.stringify(await this.#targets()) === JSON.stringify(wanted)
    })
  }

  /** Instances of the service that Prometheus scrapes, sorted. */
  async #targets(): Promise<string[]> {
    const response = await ask(`${this.prometheus.url}/api/v1/targets?state=active`)
    const { data } = (await response.json()) as TargetsAnswer
    return data.activeTargets
      .filter(({ labels }) => labels['job'] === JOB)
      .map(({ labels }) => labels['instance'] ?? '')
      .sort()
  }

  /**
   * Restarts Prometheus with an empty database, so that earlier faults are outside of all windows, and waits for
   * two samples of each service: an increase before the second one is not seen.
   * @throws Error where a service is not scraped twice in time
   */
  async forgetPast(): Promise<void> {
    await this.prometheus.stop()
    const data = join(this.stack.folder, 'data', 'prometheus')
    rmSync(data, { recursive: true, force: true })
    mkdirSync(data)
    await this.prometheus.start()
    await untilPrometheus('scrape every service', SCRAPED_WITHIN_MS, async () => {
      return (await this.#scrapedTwice()) >= this.services.length
    })
  }

  /** Number of services with two samples. */
  async #scrapedTwice(): Promise<number> {
    const query = `count_over_time(up{job="${JOB}"}[1m]) >= 2`
    const response = await ask(
      `${this.prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`,
    )
    const { data } = (await response.json()) as QueryAnswer
    return data.result.length
  }

  /** Stops all processes; keeps the logs where `isKept`. */
  async stop(isKept: boolean): Promise<void> {
    await this.stack.stop()
    if (!isKept) rmSync(this.stack.folder, { recursive: true, force: true })
  }
}

/** Starts the stack of a scenario. */
export type TestbedKind = 'grouped' | 'incremental' | 'unacknowledged' | 'unhurried'

/** @throws Error that says what Prometheus does not do, after `withinMs` */
async function untilPrometheus(
  what: string,
  withinMs: number,
  isDone: () => Promise<boolean>,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isDone())) {
    if (performance.now() > endMs) throw new Error(`Prometheus does not ${what}`)
    await sleep(POLL_MS)
  }
}
