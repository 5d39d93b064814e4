import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PACED = fileURLToPath(new URL('paced.lua', import.meta.url))

export interface Load {
  url: string
  connections: number
  requestsPerSecond: number
  seconds: number
}

/** What wrk measured: times from a request's sending to the end of its answer. */
export interface Answered {
  requests: number
  seconds: number
  /** Answers of another status. */
  not2xx: number
  /** Connections that failed, and requests that got no answer within 2 s. */
  failed: number
  p50Ms: number
  p99Ms: number
  longestMs: number
}

/**
 * Asks at a constant rate, with wrk: a program of its own in C, which takes little from what it measures.
 * @throws Error where wrk is not installed (Debian: `apt-get install wrk`) or fails
 */
export async function askByWrk(load: Load): Promise<Answered> {
  const { url, connections, requestsPerSecond, seconds } = load
  const intervalMs = (1000 * connections) / requestsPerSecond
  const { stdout } = await run('wrk', [
    ...['--threads', String(connections), '--connections', String(connections)],
    ...['--duration', `${seconds}s`, '--timeout', '2s', '--script', PACED, url],
    ...['--', String(intervalMs)],
  ])
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Answered
}
