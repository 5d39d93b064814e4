import { AppError } from '../errors.ts'
import type { Clock, Timer } from './clock.ts'

/**
 * Resolves when `work` has come to its end, well or not, or `timeoutMs` are over: true where it has.
 * Never rejects.
 */
export async function settledWithin(
  clock: Pick<Clock, 'setTimer'>,
  timeoutMs: number,
  work: Promise<unknown>,
): Promise<boolean> {
  let timer: Timer | undefined
  const deadline = new Promise<false>((resolve) => {
    timer = clock.setTimer(() => resolve(false), timeoutMs)
  })
  const end = work.then(
    () => true,
    () => true,
  )
  const isInTime = await Promise.race([end, deadline])
  timer?.cancel()
  return isInTime
}

/**
 * The result of `work`, or an error after `timeoutMs`: kafkajs may wait for minutes. The work goes on
 * unheard then.
 */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<T>,
): Promise<T> {
  if (await settledWithin(clock, timeoutMs, work)) return work
  const message = `no answer of the broker within ${timeoutMs} ms`
  throw new AppError('ERR_TOPIC_CONNECTION', message, { retryable: true })
}
