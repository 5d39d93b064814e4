import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface ProcessOptions {
  /** Added to the variables that every program needs; the rest of our environment is not passed. */
  env?: Readonly<Record<string, string>>
  /** Working directory; default: that of the tests, the root of the project. */
  cwd?: string
}

export interface ProcessExit {
  /** Null where a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
}

/** Variables that a program inherits: settings of ours and of the test runner must not reach it. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'JAVA_HOME', 'CI']
const MAX_KEPT_LINES = 20_000

/** A program started by a test: output lines, exit, and stop. */
export class RunningProcess {
  /** Lines of stdout and stderr in the order of arrival, the newest 20,000. */
  readonly lines: string[] = []
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  /** Settles when the process has exited and its output is read to the end. Rejects if it never started. */
  readonly exited: Promise<ProcessExit>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #onLine = new Set<(line: string | null) => void>()
  readonly #title: string
  #hasExited = false

  constructor(command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.#title = [command, ...args].join(' ')
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...inheritedEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const killAtExit = () => this.kill('SIGKILL')
    process.once('exit', killAtExit)
    this.#read(this.#child.stdout, this.stdout)
    this.#read(this.#child.stderr, this.stderr)
    this.exited = this.#awaitExit().finally(() => {
      this.#hasExited = true
      process.off('exit', killAtExit)
      for (const listener of this.#onLine) listener(null)
    })
    // Not every caller awaits the exit; one that does still sees the failure.
    this.exited.catch(() => undefined)
  }

  /** Undefined where the program could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  /**
   * Waits for the first matching line, also an earlier one.
   * @throws Error with the last lines, when the process ends or `timeoutMs` (30,000) pass without it
   */
  waitForLine(pattern: RegExp, options: { timeoutMs?: number } = {}): Promise<RegExpExecArray> {
    const { timeoutMs = 30_000 } = options
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        const output = this.lines.slice(-30).join('\n')
        reject(new Error(`${this.#title}: no line ${String(pattern)}, ${why}\n${output}`))
      }
      const listener = (line: string | null) => {
        const match = line === null ? null : pattern.exec(line)
        if (line !== null && match === null) return
        clearTimeout(timer)
        this.#onLine.delete(listener)
        if (match === null) fail('and the process is gone')
        else resolve(match)
      }
      const timer = setTimeout(() => {
        this.#onLine.delete(listener)
        fail(`within ${timeoutMs} ms`)
      }, timeoutMs)
      this.#onLine.add(listener)
      for (const line of this.lines) {
        if (this.#onLine.has(listener)) listener(line)
      }
      if (this.#hasExited && this.#onLine.has(listener)) listener(null)
    })
  }

  /** Sends a signal; false if the process has exited. */
  kill(signal: NodeJS.Signals): boolean {
    return (
      this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.kill(signal)
    )
  }

  /** Stops the process: SIGTERM, after `timeoutMs` (15,000) SIGKILL. Idempotent. */
  async stop(options: { signal?: NodeJS.Signals; timeoutMs?: number } = {}): Promise<ProcessExit> {
    const { signal = 'SIGTERM', timeoutMs = 15_000 } = options
    this.kill(signal)
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs)
    try {
      return await this.exited
    } finally {
      clearTimeout(timer)
    }
  }

  async #awaitExit(): Promise<ProcessExit> {
    // 'close' comes after the exit and after the last byte of output; 'error' makes `once` reject.
    await once(this.#child, 'close')
    return { code: this.#child.exitCode, signal: this.#child.signalCode }
  }

  #read(stream: Readable, own: string[]): void {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      for (const kept of [this.lines, own]) {
        kept.push(line)
        if (kept.length > MAX_KEPT_LINES) kept.shift()
      }
      for (const listener of this.#onLine) listener(line)
    })
  }
}

function inheritedEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
