import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { answersProtocol } from './protocol-answer.ts'

/** The image may have to be pulled first. */
const START_DEADLINE_MS = 180_000
const STOP_DEADLINE_MS = 20_000
const POLL_MS = 50
const OUTPUT_CHARACTERS = 4000

/** Ports, data folder and log file of a broker. */
export interface BrokerPlace {
  port: number
  controllerPort: number
  dataFolder: string
  logFile: string
}

export interface BrokerCommand {
  program: string
  args: readonly string[]
  /** Name of the container that the program runs; signals go to the container. */
  container?: string
}

export interface BrokerProcessOptions extends BrokerPlace {
  command: BrokerCommand
  isTemporary: boolean
  /** Ends the wait for the first answer, and the broker with it. */
  signal: AbortSignal | undefined
}

/** A broker as a child of this process; stops with it. */
export class BrokerProcess implements Broker {
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
  readonly logFile: string
  readonly exited: Promise<number | null>
  readonly #options: BrokerProcessOptions
  readonly #child: ChildProcess
  #output = ''
  #hasEnded = false
  #stopping: Promise<void> | null = null

  /** Resolves when the broker answers requests. @throws Error with its last output if it exits before, or is aborted */
  static async start(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const broker = new BrokerProcess(options)
    try {
      await broker.#untilAnswering()
    } catch (error) {
      await broker.kill()
      throw error
    }
    return broker
  }

  private constructor(options: BrokerProcessOptions) {
    this.#options = options
    this.port = options.port
    this.controllerPort = options.controllerPort
    this.dataFolder = options.dataFolder
    this.logFile = options.logFile
    const { program, args } = options.command
    // Own process group: Ctrl-C in a terminal reaches only us, and we stop the broker in order.
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS)
        // Java writes the log file itself; a container logs to stdout.
        if (options.command.container !== undefined) appendFileSync(options.logFile, text)
      })
    }
    const killAtExit = () => {
      this.#signal('SIGKILL')
    }
    process.once('exit', killAtExit)
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#output += error.message
        this.#hasEnded = true
        resolve(null)
      })
      this.#child.once('close', (code) => {
        this.#hasEnded = true
        process.off('exit', killAtExit)
        resolve(code)
      })
    })
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL')
    await this.exited
  }

  lastOutput(): string {
    if (this.#options.command.container !== undefined) return this.#output
    let log = ''
    try {
      log = readFileSync(this.logFile, 'utf8').slice(-OUTPUT_CHARACTERS)
    } catch {
      // It was not started.
    }
    return `${this.#output}${log}`
  }

  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  async #stop(): Promise<void> {
    // A process under SIGSTOP handles SIGTERM only after SIGCONT.
    this.#signal('SIGCONT')
    this.#signal('SIGTERM')
    const force = setTimeout(() => {
      this.#signal('SIGKILL')
    }, STOP_DEADLINE_MS)
    await this.exited
    clearTimeout(force)
    if (!this.#options.isTemporary) return
    await rm(this.dataFolder, { recursive: true, force: true })
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#hasEnded) return
    const { container } = this.#options.command
    if (container === undefined) this.#child.kill(signal)
    else spawnSync('docker', ['kill', '--signal', signal, container])
  }

  async #untilAnswering(): Promise<void> {
    const endMs = Date.now() + START_DEADLINE_MS
    while (Date.now() < endMs) {
      if (this.#options.signal?.aborted === true) throw new Error('stopped while it started')
      if (this.#hasEnded) throw new Error(`the broker exited during startup:\n${this.lastOutput()}`)
      // The answer may come from another process that listens on the port, while ours exits.
      if (await answersProtocol(this.port)) {
        await sleep(POLL_MS)
        if (!this.#hasEnded) return
      } else await sleep(POLL_MS)
    }
    throw new Error(`the broker did not answer in time:\n${this.lastOutput()}`)
  }
}

export interface Broker {
  /** `host:port` for clients. */
  readonly brokers: string
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
  readonly logFile: string
  /** Process id of the broker (or of the Docker client). */
  readonly pid: number
  /** Resolves with the exit code; null after a signal. */
  readonly exited: Promise<number | null>
  /** Stops it cleanly, after 20 s by force. Idempotent. Removes a temporary data folder. */
  stop(): Promise<void>
  /** Kills it with SIGKILL, like a power cut. Keeps the data, also in a temporary folder. */
  kill(): Promise<void>
  /** The last lines of its log, for error messages. */
  lastOutput(): string
  /** SIGSTOP and SIGCONT: a broker that accepts connections and does not answer. */
  pause(): void
  resume(): void
}
