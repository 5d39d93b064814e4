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

/** Results of wrk: times from sending a request to the end of its response. */
export interface Answered {
  requests: number
  seconds: number
  /** Responses with another status. */
  not2xx: number
  /** Failed connections, and requests without a response within 2 s. */
  failed: number
  p50Ms: number
  p99Ms: number
  longestMs: number
}

/**
 * Sends requests at a constant rate with wrk, a separate C program with low overhead.
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
