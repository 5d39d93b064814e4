import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Broker } from '../kafka/broker-process.ts'
import { startBroker } from '../kafka/broker.ts'
import { findFreePort } from '../kafka/free-port.ts'
import { ChildService, type Death, endOf } from './child-service.ts'
import type { ChosenPorts } from './choose-ports.ts'
import { type Environment, serviceCommand, simulatorCommand } from './commands.ts'
import { describeMonitoring, type MonitoringPrograms } from './monitoring.ts'
import { answers, ask } from './probes.ts'
import type { StackOptions } from './stack-options.ts'

const START_MS = 60_000
/** Slightly longer than a clean stop of the service (SHUTDOWN_TIMEOUT_MS). */
const SERVICE_STOP_MS = 12_000
const SIMULATOR_STOP_MS = 5000

export interface StackDeps {
  /** Receives progress, line by line. */
  say?: (line: string) => void
  /** Called when a process of the running stack exits unexpectedly. The others keep running. */
  onDeath?: (death: Death) => void
  /** Aborts the start; started processes are stopped. */
  signal?: AbortSignal
}

/** What `startStack` determines before anything runs. */
export interface StackPlan {
  options: StackOptions
  env: Environment
  programs: MonitoringPrograms
  ports: ChosenPorts
  releaseFolder: () => void
}

/** The processes of a stack; created by `startStack`. */
export class Stack {
  readonly ports: ChosenPorts
  readonly folder: string
  /** `host:port,...` of the broker. */
  readonly brokers: string
  /** Address of the simulated exchange. */
  readonly exchangeUrl: string
  /** Its `url` is the address of the control server. */
  readonly simulator: ChildService
  readonly producer: ChildService
  readonly consumers: ChildService[] = []
  readonly prometheus: ChildService | null
  readonly alertmanager: ChildService | null
  /** Missing programs and how to install them, one line each. */
  readonly missing: readonly string[]
  /** Names on the simulated exchange. */
  instruments: readonly string[] = []
  /** Null where the stack uses an existing broker. */
  broker: Broker | null = null
  readonly #plan: StackPlan
  readonly #deps: StackDeps
  /** Rejects when the start is aborted. */
  readonly #broken = Promise.withResolvers<never>()
  #isStarted = false
  #brokerStart: Promise<unknown> = Promise.resolve()
  #stopping: Promise<readonly string[]> | null = null

  constructor(plan: StackPlan, deps: StackDeps) {
    const { options, ports, env } = plan
    this.#plan = plan
    this.#deps = deps
    this.ports = ports
    this.folder = options.folder
    this.missing = plan.programs.missing
    this.brokers = options.brokers ?? `127.0.0.1:${ports.kafka}`
    this.exchangeUrl = `ws://127.0.0.1:${ports.simulator}/ws/api/v2`
    this.simulator = this.#makeSimulator()
    this.producer = this.#makeService('producer', ports.producer, () => ({
      ROLE: 'producer',
      DERIBIT_URL: this.exchangeUrl,
      INSTRUMENTS: this.instruments.join(','),
    }))
    ports.consumers.forEach((port) => this.#makeConsumer(port, {}))
    const monitoring = describeMonitoring({
      programs: plan.programs,
      folder: this.folder,
      ports,
      env,
      targets: [this.producer, ...this.consumers].map(({ url }) => new URL(url).host),
      scrapeInterval: options.scrapeInterval,
      ruleFiles: options.ruleFiles,
      alertmanagerConfig: options.alertmanagerConfig,
      alertResendDelay: options.alertResendDelay,
    })
    const make = (child: typeof monitoring.prometheus) =>
      child === null ? null : new ChildService(child, this.#onDeath)
    this.prometheus = make(monitoring.prometheus)
    this.alertmanager = make(monitoring.alertmanager)
  }

  /** Called by `startStack`, once. */
  async start(): Promise<void> {
    const onAbort = () => {
      this.#broken.reject(new Error('the start was aborted'))
    }
    this.#deps.signal?.addEventListener('abort', onAbort)
    if (this.#deps.signal?.aborted === true) onAbort()
    const started = this.#startAll()
    started.catch(() => undefined)
    try {
      await Promise.race([this.#broken.promise, started])
      this.#isStarted = true
    } catch (error) {
      await this.stop()
      throw error
    } finally {
      this.#deps.signal?.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Starts one more consumer, with further settings (`KAFKA_GROUP_ID`), and waits until it is ready.
   * Prometheus does not scrape it.
   * @param path that answers 200 then: one without books is never ready, but alive
   */
  async addConsumer(
    settings: Readonly<Record<string, string>> = {},
    path: '/readyz' | '/livez' = '/readyz',
  ): Promise<ChildService> {
    const consumer = this.#makeConsumer(await findFreePort(), settings, path)
    await consumer.start()
    return consumer
  }

  /** Sets exactly these faults of the simulated exchange; an empty text clears all. @throws Error where refused */
  async setFaults(faults: string): Promise<void> {
    const response = await fetch(`${this.simulator.url}/faults`, {
      method: 'PUT',
      body: JSON.stringify({ faults: faults === '' ? [] : faults }),
    })
    if (!response.ok) throw new Error(`${faults}: ${await response.text()}`)
  }

  /**
   * Stops all processes from the exchange downstream, each within its time limit. Idempotent; also while
   * the stack starts.
   * @returns one line for each process that did not end cleanly
   */
  stop(): Promise<readonly string[]> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #startAll(): Promise<void> {
    if (this.#plan.options.brokers === undefined) {
      this.#say('starting Kafka')
      await (this.#brokerStart = this.#startBroker())
    }
    await this.#startGroup([this.simulator])
    this.instruments = await readInstruments(this.simulator.url)
    await this.#startGroup([this.producer])
    await this.#startGroup(this.consumers)
    for (const child of [this.alertmanager, this.prometheus]) {
      if (child !== null) await this.#startGroup([child])
    }
  }

  async #startGroup(children: readonly ChildService[]): Promise<void> {
    if (this.#stopping !== null) throw new Error('the stack is being stopped')
    this.#say(`starting ${children.map(({ name }) => name).join(', ')}`)
    await Promise.all(children.map((child) => child.start()))
  }

  async #startBroker(): Promise<void> {
    const { ports, folder } = this
    const broker = await startBroker({
      port: ports.kafka,
      controllerPort: ports.kafkaController,
      dataFolder: join(folder, 'data', 'kafka'),
      logFile: join(folder, 'kafka.log'),
      say: this.#say,
    })
    this.broker = broker
    void broker.exited.then((code) => {
      const exit = { code, signal: null }
      this.#onDeath({ name: 'kafka', exit, lastOutput: broker.lastOutput() })
    })
  }

  async #stop(): Promise<readonly string[]> {
    const problems: string[] = []
    const stopGroup = async (children: readonly (ChildService | null)[]) => {
      const running = children.filter((child) => child?.isRunning === true)
      await Promise.all(
        running.map(async (child) => {
          const exit = await child?.stop()
          if (exit !== undefined && exit.code !== 0) problems.push(`${child?.name} ${endOf(exit)}`)
        }),
      )
    }
    await stopGroup([this.producer])
    await stopGroup(this.consumers)
    await stopGroup([this.simulator])
    await stopGroup([this.prometheus, this.alertmanager])
    await this.#brokerStart.catch(() => undefined)
    await this.broker?.stop()
    this.#plan.releaseFolder()
    return problems
  }

  readonly #onDeath = (death: Death): void => {
    if (this.#stopping !== null) return
    if (this.#isStarted) this.#deps.onDeath?.(death)
    else this.#broken.reject(new Error(describeDeath(death)))
  }

  readonly #say = (line: string): void => {
    this.#deps.say?.(line)
  }

  #makeSimulator(): ChildService {
    const { options, ports, env } = this.#plan
    const { instruments, ratePerSecond } = options
    // The id keeps commands for this stack's exchange from reaching another one.
    const id = randomUUID()
    const words = {
      port: String(ports.simulator),
      'control-port': String(ports.control),
      id,
      ...(instruments === undefined ? {} : { instruments: [instruments].flat().join(',') }),
      ...(ratePerSecond === undefined ? {} : { rate: String(ratePerSecond) }),
      ...options.simulator,
    }
    return new ChildService(
      {
        name: 'simulator',
        url: `http://127.0.0.1:${ports.control}/${id}`,
        logFile: join(this.folder, 'simulator.log'),
        command: () => simulatorCommand(words, env),
        probe: answers('/status'),
        startMs: START_MS,
        stopMs: SIMULATOR_STOP_MS,
      },
      this.#onDeath,
    )
  }

  #makeConsumer(
    port: number,
    settings: Readonly<Record<string, string>>,
    path?: string,
  ): ChildService {
    const name = `consumer-${this.consumers.length + 1}`
    const consumer = this.#makeService(name, port, () => ({ ROLE: 'consumer', ...settings }), path)
    this.consumers.push(consumer)
    return consumer
  }

  #makeService(
    name: string,
    port: number,
    settings: () => Readonly<Record<string, string>>,
    path = '/readyz',
  ): ChildService {
    const { options, env } = this.#plan
    return new ChildService(
      {
        name,
        url: `http://127.0.0.1:${port}`,
        logFile: join(this.folder, `${name}.log`),
        command: () =>
          serviceCommand(
            {
              KAFKA_BROKERS: this.brokers,
              HTTP_PORT: String(port),
              ...options.settings,
              ...settings(),
            },
            env,
          ),
        probe: answers(path),
        startMs: START_MS,
        stopMs: SERVICE_STOP_MS,
      },
      this.#onDeath,
    )
  }
}

/** Message about an unexpected exit. */
export function describeDeath({ name, exit, lastOutput }: Death): string {
  return `${name} ${endOf(exit)} unexpectedly; last output:\n${lastOutput}`
}

async function readInstruments(controlUrl: string): Promise<readonly string[]> {
  const response = await ask(`${controlUrl}/status`)
  const { instruments } = (await response.json()) as { instruments: readonly string[] }
  return instruments
}
