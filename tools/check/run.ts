import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Scripts of package.json, cheap ones first; the tests, which print the final count, come last. */
const STEPS = [
  'format:check',
  'lint',
  'typecheck',
  'check:deps',
  'check:words',
  'knip',
  'docs:check',
  'check:api',
  'check:ops',
  'test:alerts',
  'test',
] as const

/**
 * Runs beside the steps before `until`, which measure no times. It needs the second core for minutes, and its own
 * deadlines are generous.
 */
const BESIDE = { step: 'check:containers', until: 'check:ops' } as const

const startedEpochMs = Date.now()
// The tests print the total duration just before the final count.
const env = { ...process.env, CHECK_STARTED_EPOCH_MS: String(startedEpochMs) }

/** Runs every step in the order above and stops at the first that fails, with its exit code. */
async function run(): Promise<number> {
  const beside = new BesideStep(BESIDE.step)
  for (const step of STEPS) {
    if (step === BESIDE.until) {
      const code = await beside.finish()
      if (code !== 0) return code
    }
    const stepStartedMs = performance.now()
    process.stdout.write(`\n== ${step}\n`)
    const code = await exitOf(start(step, 'inherit'))
    if (code !== 0) {
      if (step !== 'test') process.stdout.write(`\n== ${step} failed\n`)
      await beside.stop()
      return code
    }
    if (step !== 'test') process.stdout.write(`== ${step}: ok, ${secondsSince(stepStartedMs)} s\n`)
  }
  return 0
}

/** A step whose output is printed when it has ended. */
class BesideStep {
  readonly #step: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'orderbook-check-'))
  readonly #startedMs = performance.now()
  readonly #child: ChildProcess
  readonly #exited: Promise<number>
  #endedMs = 0

  constructor(step: string) {
    this.#step = step
    const log = openSync(this.#logFile, 'w')
    this.#child = start(step, ['ignore', log, log])
    closeSync(log)
    this.#exited = exitOf(this.#child).finally(() => {
      this.#endedMs = performance.now()
    })
  }

  get #logFile(): string {
    return join(this.#folder, 'log')
  }

  /** Waits for its end and prints its output. @returns exit code */
  async finish(): Promise<number> {
    const code = await this.#exited
    process.stdout.write(`\n== ${this.#step}, beside the steps above\n`)
    process.stdout.write(readFileSync(this.#logFile, 'utf8'))
    rmSync(this.#folder, { recursive: true, force: true })
    const seconds = ((this.#endedMs - this.#startedMs) / 1000).toFixed(1)
    const result = code === 0 ? `: ok, ${seconds} s` : ' failed'
    process.stdout.write(`== ${this.#step}${result}\n`)
    return code
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function start(step: string, stdio: 'inherit' | ['ignore', number, number]): ChildProcess {
  return spawn('npm', ['run', '--silent', '--if-present', step], { stdio, env })
}

/** Exit code of a process; 1 after a signal. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}

function secondsSince(instantMs: number): string {
  return ((performance.now() - instantMs) / 1000).toFixed(1)
}

process.exitCode = await run()
