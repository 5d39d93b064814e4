import { AppError } from '../../errors.ts'
import type { Clock } from '../../model/clock.ts'
import { settledWithin } from '../../model/ended-within.ts'

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
