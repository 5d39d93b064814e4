import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExchangeCounts } from './paced-exchange.ts'
import { readUsage } from './process-usage.ts'

const PROGRAM = fileURLToPath(new URL('paced-exchange.ts', import.meta.url))
const FRAME_BYTES = 725

export interface PacedExchange {
  readonly exchangeUrl: string
  readonly instruments: readonly string[]
  /** Changes a second over all subscribed channels, from now on. */
  setRate(ratePerSecond: number): void
  /** Frames since the start, and CPU time. */
  counts(): Promise<ExchangeCounts & { readonly cpuSeconds: number }>
  stop(): Promise<void>
}

/** Starts an exchange that costs less than 10 us a message, as a process. */
export async function startPacedExchange(
  instruments: number,
  ratePerSecond: number,
): Promise<PacedExchange> {
  const options = JSON.stringify({ instruments, frameBytes: FRAME_BYTES })
  const child = fork(PROGRAM, [options], { stdio: 'inherit' })
  const [place] = (await once(child, 'message')) as [{ exchangeUrl: string; instruments: string[] }]
  child.send(ratePerSecond)
  return {
    ...place,
    setRate: (rate) => void child.send(rate),
    async counts() {
      const answered = once(child, 'message')
      child.send('counts')
      const [counts] = (await answered) as [ExchangeCounts]
      return { ...counts, cpuSeconds: readUsage(child.pid ?? -1).cpuSeconds }
    },
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
