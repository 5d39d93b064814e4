import type { Probe } from './child-service.ts'

const ASK_MS = 2000
/** Time limit for a consumer to see the first record of an instrument. */
const NOTHING_YET_MS = 10_000

/** Ready when `path` answers 200. */
export function answers(path: string): Probe {
  return async (url) => {
    const response = await ask(`${url}${path}`)
    const text = await response.text()
    return response.status === 200 ? null : `${path} answers ${response.status}: ${text}`
  }
}

const isReady = answers('/readyz')

/**
 * Ready when /readyz answers 200. A consumer whose partitions hold no instrument has no book that could
 * be live: if that is the only failing check after a while, it counts as ready.
 */
export const serviceReady: Probe = async (url, waitedMs) => {
  const problem = await isReady(url, waitedMs)
  if (problem === null || waitedMs < NOTHING_YET_MS) return problem
  if (!problem.includes('failing: books"')) return problem
  const response = await ask(`${url}/api/v1/instruments`)
  const { instruments } = (await response.json()) as { instruments: readonly unknown[] }
  return instruments.length === 0 ? null : problem
}

/** Fails with a timeout where something accepts connections and never answers. */
export function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(ASK_MS) })
}
