import { AppError } from '../errors.ts'
import type { Clock, Timer } from './clock.ts'

/**
 * Resolves to true when `work` has settled, either way, or to false after `timeoutMs`. Never
 * rejects.
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
 * Returns the result of `work`; rejects after `timeoutMs`, as kafkajs may wait for minutes. The
 * work continues, and its result is ignored.
 * @throws AppError ERR_TOPIC_CONNECTION on timeout
 */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<T>,
): Promise<T> {
  if (await settledWithin(clock, timeoutMs, work)) return work
  const message = `no response from the broker within ${timeoutMs} ms`
  throw new AppError('ERR_TOPIC_CONNECTION', message, { retryable: true })
}
