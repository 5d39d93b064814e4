import type { Simulator } from '../../../src/simulator/server/api.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { createSimulator } from '../../../src/simulator/simulator.ts'
import {
  addressesOf,
  type Fact,
  PrintedBooks,
} from '../../../tools/foreign-clients/printed-books.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { eventually } from '../../support/eventually.ts'
import { type RunningProcess, startProcess } from '../../support/start-process.ts'

/** Timeout for books to change and to be read, ms. */
const WAIT_MS = 60_000
/** Books of each instrument and source that a client has to print before the market stops. */
const MIN_BOOKS = 15

/** Starts a simulated exchange in real time; stopped when the test ends. */
export async function startExchange(
  options: SimulatorOptions & { instruments: readonly string[] },
): Promise<Simulator> {
  const ratePerSecond = 10 * options.instruments.length
  const simulator = createSimulator({ ratePerSecond, ...options })
  await simulator.start()
  registerCleanUp(() => simulator.stop())
  return simulator
}

/** A program that reads books of the exchange and prints each as one line of JSON. */
export class ForeignClient {
  readonly #process: RunningProcess
  readonly #simulator: Simulator
  readonly #books: PrintedBooks
  #readLines = 0

  constructor(
    simulator: Simulator,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.#simulator = simulator
    this.#books = new PrintedBooks(simulator)
    this.#process = startProcess(command, args, { env: { ...env, ...addressesOf(simulator) } })
  }

  /** Returns everything that it has printed, in order. */
  get facts(): readonly Fact[] {
    const lines = this.#process.stdout.slice(this.#readLines)
    this.#readLines += lines.length
    this.#books.add(lines)
    return this.#books.facts
  }

  /** Returns what it has written to stderr. */
  get complaints(): string {
    return this.#process.stderr.join('\n')
  }

  /** Returns how many messages of a kind it has printed. */
  count(message: string): number {
    return this.facts.filter((fact) => fact['message'] === message).length
  }

  /**
   * Waits until it has read every book many times, stops the market, and waits until its books
   * equal those of the exchange, level by level.
   * @throws Error with the first difference if they never do
   */
  async booksAtRest(sources: readonly string[]): Promise<void> {
    const keys = this.#books.keys(sources)
    await this.#untilNull(() => {
      const few = keys.find((key) => this.#books.of(key).length < MIN_BOOKS)
      return few === undefined ? null : `too few books of ${few.source} ${few.instrument}`
    })
    this.#simulator.faults.add('still')
    await this.#untilNull(() => {
      for (const key of keys) {
        const difference = this.#books.difference(key)
        if (difference !== null) return difference
      }
      return null
    })
  }

  /** Retries until no problem is left or the client has ended. */
  #untilNull(probe: () => string | null): Promise<unknown> {
    const ended = this.#process.exited.then(() => {
      throw new Error(`the client has ended: ${this.complaints}`)
    })
    const poll = (): void => {
      void this.facts
      const problem = probe()
      if (problem !== null) throw new Error(problem)
    }
    return Promise.race([eventually(poll, { timeoutMs: WAIT_MS, intervalMs: 100 }), ended])
  }
}
