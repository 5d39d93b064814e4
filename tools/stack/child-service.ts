import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50
const LAST_CHARACTERS = 4000

export interface Command {
  program: string
  args: readonly string[]
  /** The complete environment of the program. */
  env: Readonly<Record<string, string | undefined>>
  /** Default: our own. */
  cwd?: string
  /** Another user (root only); default: our own. */
  uid?: number
  gid?: number
}

/** Checks a service: null when it is ready, else the problem. May throw while nothing answers yet. */
export type Probe = (url: string) => Promise<string | null>

export interface ChildServiceOptions {
  /** Display name; also the name of its log file. */
  name: string
  /** Its address; the same after a restart. */
  url: string
  /** Evaluated at each start. */
  command: () => Command
  /** Its stdout and stderr are appended to this file. */
  logFile: string
  probe: Probe
  /** Time limit to become ready. */
  startMs: number
  /** Time limit for a clean stop; then it is killed. */
  stopMs: number
}

export interface ChildExit {
  /** Null where a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
}

/** Why a service exited unexpectedly. */
export interface Death {
  name: string
  exit: ChildExit
  /** The end of its log. */
  lastOutput: string
}

/** A program of the stack as a child process, with its log in a file. */
export class ChildService {
  readonly name: string
  readonly url: string
  readonly logFile: string
  readonly #options: ChildServiceOptions
  readonly #onDeath: (death: Death) => void
  #child: ChildProcess | null = null
  #exited: Promise<ChildExit> = Promise.resolve({ code: null, signal: null })
  #isRunning = false
  /** A stop was requested. */
  #isWanted = false

  /** @param onDeath called when the program exits unexpectedly, also while it starts */
  constructor(options: ChildServiceOptions, onDeath: (death: Death) => void) {
    this.name = options.name
    this.url = options.url
    this.logFile = options.logFile
    this.#options = options
    this.#onDeath = onDeath
  }

  /** Id of the latest process; -1 before the first, or where the program could not be started. */
  get pid(): number {
    return this.#child?.pid ?? -1
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Resolves when the latest process has exited. */
  get exited(): Promise<ChildExit> {
    return this.#exited
  }

  /**
   * Starts the program and waits until it is ready.
   * @throws Error with its last output, if it exits before or is not ready in time; it is stopped then
   */
  async start(): Promise<void> {
    this.#spawn()
    const { startMs, probe } = this.#options
    const startedMs = performance.now()
    let waitedMs = 0
    let problem: string | null = null
    while (this.#isRunning && waitedMs < startMs) {
      problem = await probe(this.url).catch(() => 'it does not answer')
      // Another process may answer on the port while ours exits because of it.
      if (problem === null && this.#isRunning) return
      await sleep(POLL_MS)
      waitedMs = performance.now() - startedMs
    }
    if (!this.#isWanted && !this.#isRunning) {
      const { code, signal } = await this.#exited
      throw new Error(`${this.name} ${endOf({ code, signal })}:\n${this.lastOutput()}`)
    }
    await this.stop()
    throw new Error(
      `${this.name} was not ready within ${startMs / 1000} s (${problem}):\n${this.lastOutput()}`,
    )
  }

  /** Sends a signal. After a terminating one, the exit is not unexpected. */
  kill(signal: NodeJS.Signals): void {
    if (!this.#isRunning) return
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#isWanted = true
    this.#child?.kill(signal)
  }

  /** Stops it: SIGTERM, then SIGKILL. Resolves when it has exited; idempotent. */
  async stop(): Promise<ChildExit> {
    // A process under SIGSTOP handles SIGTERM only after SIGCONT.
    this.kill('SIGCONT')
    this.kill('SIGTERM')
    const force = setTimeout(() => {
      this.kill('SIGKILL')
    }, this.#options.stopMs)
    try {
      return await this.#exited
    } finally {
      clearTimeout(force)
    }
  }

  /** Stops it, if it runs, and starts it again at the same address. @throws Error as `start` */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** The end of its log. */
  lastOutput(): string {
    try {
      return readFileSync(this.logFile, 'utf8').slice(-LAST_CHARACTERS).trimEnd()
    } catch {
      return '(no log)'
    }
  }

  #spawn(): void {
    const { program, args, ...place } = this.#options.command()
    const log = openSync(this.logFile, 'a')
    // Own process group: Ctrl-C in a terminal reaches only us, and we stop the programs in order.
    const child = spawn(program, args, {
      ...place,
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    this.#isRunning = true
    this.#isWanted = false
    const killAtExit = () => {
      child.kill('SIGKILL')
    }
    process.once('exit', killAtExit)
    this.#exited = new Promise((resolve) => {
      const end = (exit: ChildExit) => {
        if (!this.#isRunning) return
        this.#isRunning = false
        process.off('exit', killAtExit)
        resolve(exit)
        if (this.#isWanted) return
        this.#onDeath({ name: this.name, exit, lastOutput: this.lastOutput() })
      }
      child.once('error', () => {
        if (child.pid === undefined) end({ code: null, signal: null })
      })
      child.once('exit', (code, signal) => {
        end({ code, signal })
      })
    })
  }
}

/** Describes the exit of a process. */
export function endOf({ code, signal }: ChildExit): string {
  if (signal !== null) return `ended by ${signal}`
  return code === null ? 'could not be started' : `ended with exit code ${code}`
}
