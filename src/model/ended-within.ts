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
