import type { Probe } from './child-service.ts'

const ASK_MS = 2000

/** Ready when `path` answers 200. */
export function answers(path: string): Probe {
  return async (url) => {
    const response = await ask(`${url}${path}`)
    const text = await response.text()
    return response.status === 200 ? null : `${path} answers ${response.status}: ${text}`
  }
}

/** Fails with a timeout where something accepts connections and never answers. */
export function ask(url: string, withinMs = ASK_MS): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(withinMs) })
}
