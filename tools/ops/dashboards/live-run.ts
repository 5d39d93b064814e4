import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { RULE_FILES } from '../../../prometheus/src/rule-files.ts'
import { JOB } from '../../../prometheus/src/generation.ts'
import { isAlert, type Rule } from '../../../prometheus/src/rule.ts'
import { findFreePorts } from '../../kafka/free-port.ts'
import { ChildService, type Command, type Probe } from '../../stack/child-service.ts'
import {
  plainEnvironment,
  prometheusCommand,
  serviceCommand,
  simulatorCommand,
} from '../../stack/commands.ts'
import { answers, ask } from '../../stack/probes.ts'
import { withTargets } from '../../stack/prometheus-config.ts'
import { describeDeath } from '../../stack/stack.ts'
import { ROOT } from '../programs.ts'
import type { PrometheusClient } from './prometheus-client.ts'

const START_MS = 60_000
const STOP_MS = 12_000
const GOOD_TIME_MS = 60_000
const POLL_MS = 500
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Exit code after SIGINT, as in a shell. */
const EXIT_BY_SIGNAL = 130

const SERVICE_SETTINGS = {
  ROLE: 'all',
  // Spans go to the log; only exemplars are needed.
  OTEL_TRACES_EXPORTER: 'console',
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.2',
}

export interface LiveRunOptions {
  /** Initial faults of the simulated exchange, in the format of `--scenario`. */
  readonly scenario: string
  /** Scrape interval: `1s`. */
  readonly scrapeInterval: string
  /** Whether alerts fire at once, without their `for`. */
  readonly isImpatient: boolean
  /** Settings in which the services differ. */
  readonly services: readonly Readonly<Record<string, string>>[]
}

/**
 * A simulated exchange, services with topics of their own that answer for the same instruments, and a
 * Prometheus that scrapes them with our rules; all on free ports, in an own folder.
 */
export class LiveRun {
  readonly #folder = mkdtempSync(join(tmpdir(), 'orderbook-dashboards-'))
  readonly #children: ChildService[] = []
  readonly #options: LiveRunOptions
  #controlUrl = ''
  #prometheusUrl = ''

  constructor(options: LiveRunOptions) {
    this.#options = options
  }

  /** Address of Prometheus. */
  get prometheusUrl(): string {
    return this.#prometheusUrl
  }

  /** @throws Error with the last output of the process that did not start; call `stop` in any case */
  async start(): Promise<void> {
    // Children have their own groups, which Ctrl-C does not reach; our exit stops them.
    for (const signal of SIGNALS) process.on(signal, exitBySignal)
    process.once('exit', this.#removeFolder)
    const ports = await findFreePorts(3 + this.#options.services.length)
    const [exchange = 0, control = 0, prometheus = 0, ...services] = ports
    const env = plainEnvironment()
    const id = randomUUID()
    this.#controlUrl = `http://127.0.0.1:${control}/${id}`
    this.#prometheusUrl = `http://127.0.0.1:${prometheus}`
    const words = {
      port: String(exchange),
      'control-port': String(control),
      id,
      scenario: this.#options.scenario,
      // Enough changes of the mid-price for a hit rate within the run.
      rate: '160',
    }
    await this.#run('simulator', this.#controlUrl, simulatorCommand(words, env), answers('/status'))
    const status = await (await ask(`${this.#controlUrl}/status`)).json()
    const { instruments } = status as { readonly instruments: readonly string[] }
    await Promise.all(
      services.map((port, index) => {
        const settings = {
          ...SERVICE_SETTINGS,
          ...this.#options.services[index],
          DERIBIT_URL: `ws://127.0.0.1:${exchange}/ws/api/v2`,
          INSTRUMENTS: instruments.join(','),
          HTTP_PORT: String(port),
        }
        const url = `http://127.0.0.1:${port}`
        return this.#run(
          `service-${index + 1}`,
          url,
          serviceCommand(settings, env),
          answers('/readyz'),
        )
      }),
    )
    const dataFolder = join(this.#folder, 'data')
    mkdirSync(dataFolder)
    const configFile = this.#writeConfig(prometheus, services)
    await this.#run(
      'prometheus',
      this.#prometheusUrl,
      prometheusCommand({ program: 'prometheus', port: prometheus, dataFolder, configFile }, env),
      answers('/-/ready'),
    )
  }

  /** Adds faults of the exchange. */
  async addFaults(faults: string): Promise<void> {
    await this.#control('POST', faults)
  }

  /** Sets exactly these faults. */
  async setFaults(faults: string): Promise<void> {
    await this.#control('PUT', faults)
  }

  /**
   * Waits until all services have just been scraped: on a busy machine a scrape may fail, and its
   * series are absent then.
   * @returns seconds of Unix time
   */
  async lastGoodTime(client: PrometheusClient): Promise<number> {
    const deadlineMs = performance.now() + GOOD_TIME_MS
    while (performance.now() < deadlineMs) {
      const seconds = Math.floor(Date.now() / 1000)
      const up = await client.instant(`up{job="${JOB}"} == 1`, seconds)
      if (up.length === this.#options.services.length) return seconds
      await sleep(POLL_MS)
    }
    throw new Error('Prometheus does not scrape all services')
  }

  /** Stops all processes; idempotent, also after a failed start. */
  async stop(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) await child.stop()
    for (const signal of SIGNALS) process.off(signal, exitBySignal)
    process.off('exit', this.#removeFolder)
    this.#removeFolder()
  }

  readonly #removeFolder = (): void => {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #control(method: string, faults: string): Promise<void> {
    const body = JSON.stringify({ faults })
    const response = await fetch(`${this.#controlUrl}/faults`, { method, body })
    if (!response.ok) throw new Error(await response.text())
  }

  async #run(name: string, url: string, command: Command, probe: Probe): Promise<void> {
    const logFile = join(this.#folder, `${name}.log`)
    const options = { name, url, command: () => command, logFile, probe }
    const child = new ChildService({ ...options, startMs: START_MS, stopMs: STOP_MS }, (death) => {
      process.stderr.write(`${describeDeath(death)}\n`)
    })
    this.#children.push(child)
    await child.start()
  }

  #writeConfig(prometheus: number, services: readonly number[]): string {
    const rules = join(this.#folder, 'rules')
    mkdirSync(rules)
    for (const [name, groups] of Object.entries(RULE_FILES)) {
      // Evaluated with each scrape: the intervals of some groups are longer than the run.
      const spedUp = groups.map((group) => ({
        name: group.name,
        rules: this.#options.isImpatient ? group.rules.map(withoutFor) : group.rules,
      }))
      writeFileSync(join(rules, `${name}.yml`), stringify({ groups: spedUp }))
    }
    const file = join(this.#folder, 'prometheus.yml')
    const shipped = readFileSync(join(ROOT, 'prometheus/prometheus.yml'), 'utf8')
    const config = withTargets(shipped, {
      services: services.map((port) => `127.0.0.1:${port}`),
      prometheus: `127.0.0.1:${prometheus}`,
      alertmanager: null,
      ruleFiles: join(rules, '*.yml'),
      interval: this.#options.scrapeInterval,
    })
    writeFileSync(file, config)
    return file
  }
}

function exitBySignal(): never {
  process.exit(EXIT_BY_SIGNAL)
}

/** The same rule without `for`. */
function withoutFor(rule: Rule): Rule {
  if (!isAlert(rule)) return rule
  const { alert, expr, labels, annotations } = rule
  return { alert, expr, labels, annotations }
}
