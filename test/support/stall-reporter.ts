import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Longer than the longest timeout of a test. */
const STALLED_MS = 1_000_000

/**
 * Ends a run in which nothing has happened for longer than any test may take: a worker with a blocked event
 * loop stops its own timeouts too. Prints the files and tests that are running, and kills their processes.
 */
export class StallReporter implements Reporter {
  readonly #stalledMs: number
  readonly #running = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined

  constructor(stalledMs = STALLED_MS) {
    this.#stalledMs = stalledMs
  }

  onTestRunStart(): void {
    this.#timer = setTimeout(() => {
      this.#endRun()
    }, this.#stalledMs)
  }

  onTestRunEnd(): void {
    clearTimeout(this.#timer)
  }

  onTestModuleStart(module: TestModule): void {
    this.#begins(module.id, module.relativeModuleId)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#ends(module.id)
  }

  onTestCaseReady(test: TestCase): void {
    this.#begins(test.id, `${test.module.relativeModuleId} > ${test.fullName}`)
  }

  onTestCaseResult(test: TestCase): void {
    this.#ends(test.id)
  }

  #begins(id: string, name: string): void {
    this.#running.set(id, name)
    this.#timer?.refresh()
  }

  #ends(id: string): void {
    this.#running.delete(id)
    this.#timer?.refresh()
  }

  #endRun(): void {
    const names = [...this.#running.values()]
    process.stdout.write(
      `\nnothing happened for ${this.#stalledMs / 1000} s; running:\n  ${names.join('\n  ')}\n`,
    )
    for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL')
    process.exit(1)
  }
}

/** Ids of the processes that this one has started. Empty without /proc. */
function childrenOf(parent: number): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && parentOf(pid) === parent)
  } catch {
    return []
  }
}

/** 0 for a process that has ended. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain spaces: state and parent follow it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}
