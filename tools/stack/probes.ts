import type { Probe } from './child-service.ts'

const ASK_MS = 2000
/** So long a consumer may take to see the first record of an instrument. */
const NOTHING_YET_MS = 10_000

/** Ready when `path` is answered with 200. */
export function answers(path: string): Probe {
  return async (url) => {
    const response = await ask(`${url}${path}`)
    const text = await response.text()
    return response.status === 200 ? null : `${path} answers ${response.status}: ${text}`
  }
}

const isReady = answers('/readyz')

/**
 * Ready when /readyz says so. A consumer whose partitions hold no instrument has no book that could
 * be live: where that is all that is missing, after a while, it is ready too.
 */
export const serviceReady: Probe = async (url, waitedMs) => {
  const problem = await isReady(url, waitedMs)
  if (problem === null || waitedMs < NOTHING_YET_MS) return problem
  if (!problem.includes('failing: books"')) return problem
  const response = await ask(`${url}/api/v1/instruments`)
  const { instruments } = (await response.json()) as { instruments: readonly unknown[] }
  return instruments.length === 0 ? null : problem
}

/** Fails rather than hangs where something accepts connections and says nothing. */
export function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(ASK_MS) })
}
