import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

export interface ProcessUsage {
  /** CPU time of all threads since the start, seconds. */
  readonly cpuSeconds: number
  readonly rssBytes: number
}

/** CPU and memory of a process, from /proc (Linux). */
export function readUsage(pid: number): ProcessUsage {
  // The name in the second field may contain any character: the rest follows its closing bracket.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const [userTicks = 0, systemTicks = 0] = [Number(fields[11]), Number(fields[12])]
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return {
    cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND,
    rssBytes: Number(rssKib ?? NaN) * 1024,
  }
}
