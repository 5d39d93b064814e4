import type { Clock } from '../../time/clock.ts'
import type { Logger } from '../../model/telemetry.ts'
import { OverloadMonitor } from '../overload-monitor.ts'
import type { Assignment } from './assignment.ts'

/** The delay of a partition is ignored when nothing was read from it for this long. */
const DELAY_HOLDS_MS = 2000

export interface ReadingLoadOptions {
  /** Topic of the books: its records may supersede each other. */
  topic: string
  /** A record that is read later than this after its timestamp is late, ms. */
  delayLimitMs: number
}

export interface ReadingLoadDeps {
  assignment: Assignment
  clock: Clock
  logger: Logger
  /** Share of time that the event loop is busy, 0 to 1. */
  load: () => number
}

/**
 * Detects that reading is behind because records come faster than this process can handle them, and
 * selects the records of a batch that need not be handled then.
 */
export class ReadingLoad {
  readonly #options: ReadingLoadOptions
  readonly #deps: ReadingLoadDeps
  readonly #monitor: OverloadMonitor

  constructor(options: ReadingLoadOptions, deps: ReadingLoadDeps) {
    this.#options = options
    this.#deps = deps
    this.#monitor = new OverloadMonitor(
      { role: 'consumer', delayLimitMs: options.delayLimitMs, isProbed: false },
      { ...deps, delayMs: this.delayMs, isProgressing: () => true, onPoll: () => undefined },
    )
  }

  get isOverloaded(): boolean {
    return this.#monitor.isOverloaded
  }

  start(): void {
    this.#monitor.start()
  }

  stop(): void {
    this.#monitor.stop()
  }

  /** How late the books are read in the worst partition, ms; null while unknown and on replay. */
  readonly delayMs = (): number | null => {
    const { assignment, clock } = this.#deps
    const nowMs = clock.monotonicMs()
    let delayMs: number | null = null
    for (const { topic, delay } of assignment.states()) {
      if (topic !== this.#options.topic || delay === null) continue
      if (nowMs - delay.readMonotonicMs > DELAY_HOLDS_MS) continue
      delayMs = Math.max(delayMs ?? 0, delay.ms)
    }
    return delayMs
  }

  /**
   * Indices of the records of a batch that a later record of the batch supersedes; null unless the
   * batch is late during an overload.
   * @param delayMs how late the batch is: age of its first record, ms
   */
  superseded(
    topic: string,
    delayMs: number,
    batch: {
      readonly from: number
      readonly end: number
      /** Channel of a record that may be superseded; null for any other. */
      readonly channelAt: (index: number) => string | null
    },
  ): ReadonlySet<number> | null {
    const { topic: booksTopic, delayLimitMs } = this.#options
    if (!this.isOverloaded || topic !== booksTopic || delayMs < delayLimitMs / 2) return null
    const superseded = new Set<number>()
    const seen = new Set<string>()
    for (let index = batch.end - 1; index >= batch.from; index -= 1) {
      const channel = batch.channelAt(index)
      if (channel === null) continue
      if (seen.has(channel)) superseded.add(index)
      else seen.add(channel)
    }
    if (superseded.size > 0) this.#monitor.noteDropped()
    return superseded
  }
}
