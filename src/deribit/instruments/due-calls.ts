import type { TimerGroup } from '../../time/clock.ts'
import type { TokenBucket } from '../../time/pacing.ts'

export interface DueCallsDeps<Call> {
  limiter: TokenBucket
  /** Timers of the retries; the owner cancels them. */
  timers: TimerGroup
  /** Delay before a failed call is retried. */
  retryMs: number
  /** Makes one call; false if it must be retried. Never rejects. */
  make(call: Call): Promise<boolean>
}

/** Queue of rate-limited calls without duplicates, with retries. */
export class DueCalls<Call> {
  readonly #deps: DueCallsDeps<Call>
  readonly #due = new Map<string, Call>()
  /** Keys of the calls that wait for a retry. */
  readonly #failed = new Set<string>()
  #isWorking = false
  #epoch = 0

  constructor(deps: DueCallsDeps<Call>) {
    this.#deps = deps
  }

  /** @param key calls with the same key are duplicates */
  add(key: string, call: Call): void {
    if (this.#failed.has(key)) return
    this.#due.set(key, call)
    if (!this.#isWorking) void this.#work(this.#epoch)
  }

  /** Discards all calls, including pending retries. */
  stop(): void {
    this.#epoch += 1
    this.#isWorking = false
    this.#due.clear()
    this.#failed.clear()
  }

  async #work(epoch: number): Promise<void> {
    const { limiter, timers } = this.#deps
    this.#isWorking = true
    while (this.#due.size > 0) {
      await limiter.acquire(timers.sleep)
      if (epoch !== this.#epoch) return
      const [next] = this.#due
      if (next === undefined) break
      this.#due.delete(next[0])
      void this.#make(...next, epoch)
    }
    this.#isWorking = false
  }

  async #make(key: string, call: Call, epoch: number): Promise<void> {
    const isDone = await this.#deps.make(call)
    if (isDone || epoch !== this.#epoch) return
    this.#failed.add(key)
    this.#deps.timers.after(this.#deps.retryMs, () => {
      this.#failed.delete(key)
      this.add(key, call)
    })
  }
}
