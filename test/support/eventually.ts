import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'

export interface EventuallyOptions {
  /** Deadline in ms, generous by default: it only bounds a failure. Default 10,000. */
  timeoutMs?: number
  /** Pause between two probes in ms. Default 20. */
  intervalMs?: number
}

/**
 * Polls until `probe` neither throws nor returns `false`, and returns its result. For conditions
 * without an event; await an event where there is one.
 * @throws Error after `timeoutMs`, also while a probe hangs; `cause` is what the last probe threw.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options
  let lastFailure: unknown = 'the first probe did not finish'
  const isOver = AbortSignal.timeout(timeoutMs)
  const deadline = new Promise<never>((_resolve, reject) => {
    isOver.addEventListener('abort', () => {
      const why = messageOf(lastFailure)
      reject(new Error(`not within ${timeoutMs} ms: ${why}`, { cause: lastFailure }))
    })
  })
  const poll = async (): Promise<Exclude<T, false>> => {
    for (;;) {
      try {
        const value = await probe()
        if (value !== false) return value as Exclude<T, false>
        lastFailure = 'the probe gave false'
      } catch (error) {
        lastFailure = error
      }
      await sleep(intervalMs, undefined, { signal: isOver })
    }
  }
  return Promise.race([deadline, poll()])
}
