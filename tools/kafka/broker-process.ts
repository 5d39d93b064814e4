import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

/** An image may have to be fetched first. */
const START_DEADLINE_MS = 180_000
const STOP_DEADLINE_MS = 20_000
const POLL_MS = 50
const OUTPUT_CHARACTERS = 4000

/** Ports of a broker, and where its data and its words go. */
export interface BrokerPlace {
  port: number
  controllerPort: number
  dataFolder: string
  logFile: string
}

export interface BrokerCommand {
  program: string
  args: readonly string[]
  /** Name of the container that the program runs, which gets the signals instead. */
  container?: string
}

export interface BrokerProcessOptions extends BrokerPlace {
  command: BrokerCommand
  isTemporary: boolean
}

/** A broker as a child of this process; ends with it. */
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

  /** Resolves when the broker takes connections. @throws Error with its last words if it ends before. */
  static async start(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const broker = new BrokerProcess(options)
    try {
      await broker.#untilListening()
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
    // A group of its own: Ctrl-C in a terminal reaches only us, and we end the broker in order.
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS)
        // Java logs into the file itself, a container says everything here.
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
      // It did not come so far.
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
    // A stopped process takes no SIGTERM before it goes on.
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

  async #untilListening(): Promise<void> {
    const endMs = Date.now() + START_DEADLINE_MS
    while (Date.now() < endMs) {
      if (this.#hasEnded) throw new Error(`the broker ended at its start:\n${this.lastOutput()}`)
      // The port alone proves nothing before the process has ended: it may be another's.
      if (await canConnect(this.port)) {
        await sleep(POLL_MS)
        if (!this.#hasEnded) return
      } else await sleep(POLL_MS)
    }
    throw new Error(`the broker did not listen in time:\n${this.lastOutput()}`)
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

export interface Broker {
  /** `host:port` for clients. */
  readonly brokers: string
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
  readonly logFile: string
  /** Process that runs the broker (or the Docker client that shows it). */
  readonly pid: number
  /** Resolves when the process has ended, with its exit code; null after a signal. */
  readonly exited: Promise<number | null>
  /** Ends it cleanly; by force after 20 s. Idempotent. Removes a temporary data folder. */
  stop(): Promise<void>
  /** Ends it by SIGKILL, as a power cut would. The data stays, also a temporary folder. */
  kill(): Promise<void>
  /** The end of what it said, some lines; to tell why it ended. */
  lastOutput(): string
  /** SIGSTOP and SIGCONT: a broker that is there but answers nothing. */
  pause(): void
  resume(): void
}
