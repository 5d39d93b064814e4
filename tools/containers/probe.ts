import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'

const POLL_MS = 200
const ANSWER_MS = 2000

/**
 * Repeats a probe until it does not throw.
 * @param withinSeconds deadline, generous: it only bounds a failure
 * @throws Error with the problem of the last try
 */
export async function until<T>(withinSeconds: number, probe: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + withinSeconds * 1000
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (performance.now() < endMs) await sleep(POLL_MS)
      else throw new Error(`not within ${withinSeconds} s: ${messageOf(error)}`, { cause: error })
    }
  }
}

/** The body of a URL that answers 200. @throws Error with status and body otherwise */
export async function get(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(
    (error: unknown) => {
      throw new Error(`${url} does not answer`, { cause: error })
    },
  )
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${body}`)
  return body
}

export async function getJson(url: string): Promise<unknown> {
  return JSON.parse(await get(url)) as unknown
}

/** @throws Error with the problems, if there are any */
export function expectNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
