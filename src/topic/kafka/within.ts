import { AppError } from '../../errors.ts'
import type { Clock } from '../../model/clock.ts'

/**
 * The result of `work`, or an error after `timeoutMs`: kafkajs may wait for minutes. The work goes on
 * unheard then.
 */
export async function within<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: { cancel(): void } | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(() => {
      const message = `no answer of the broker within ${timeoutMs} ms`
      reject(new AppError('ERR_TOPIC_CONNECTION', message, { retryable: true }))
    }, timeoutMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    timer?.cancel()
  }
}
