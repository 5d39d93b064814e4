import {
  ApiProblem,
  createApiClient,
  type InstrumentState,
  type Pipeline,
  problemOf,
  type StreamEvent,
  toProblem,
} from '../../client/api-client.ts'
import type { Faults, WantedFault } from './faults.ts'

const ANSWER_MS = 3000

/** What the page asks of the service that it came from; every question fails after three seconds. */
export interface Service {
  /** null in a process that has no books. */
  instruments(): Promise<readonly InstrumentState[] | null>
  pipeline(): Promise<Pipeline>
  stream(names: readonly string[], signal: AbortSignal): AsyncGenerator<StreamEvent>
  /** null where the exchange is a real one. */
  faults(): Promise<Faults | null>
  setFaults(faults: readonly WantedFault[]): Promise<Faults>
  /** Kept for the session of the browser's tab. */
  setToken(token: string): void
}

/**
 * @param baseUrl the folder of the page, with its slash: a proxy may have put a prefix before it
 * @param onRefused called when the token is missing or wrong
 */
export function createService(baseUrl: string, onRefused: () => void): Service {
  // Another service may be behind the same proxy: it gets no token that is not its own.
  const tokenKey = `orderbook-token ${baseUrl}`
  let token = sessionStorage.getItem(tokenKey)
  const client = createApiClient({ baseUrl, token: () => token })
  const { rest } = client
  const signal = () => AbortSignal.timeout(ANSWER_MS)

  function read<Answer>(answer: { data?: Answer; error?: unknown; response: Response }): Answer {
    if (answer.data !== undefined) return answer.data
    const { status } = answer.response
    if (status === 401) onRefused()
    throw problemOf(status, answer.error)
  }

  async function askFaults(init: RequestInit): Promise<Faults | null> {
    const headers = new Headers({ 'content-type': 'application/json' })
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    const response = await fetch(new URL('demo/faults', baseUrl), {
      ...init,
      headers,
      signal: signal(),
    })
    if (response.ok) return (await response.json()) as Faults
    if (response.status === 404) return null
    throw await toProblem(response)
  }

  return {
    async instruments() {
      const answer = await rest.GET('/api/v1/instruments', { signal: signal() })
      return answer.response.status === 404 ? null : read(answer).instruments
    },
    async pipeline() {
      return read(await rest.GET('/api/v1/pipeline', { signal: signal() }))
    },
    async *stream(instruments, abort) {
      try {
        yield* client.stream({ instruments, signal: abort })
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 401) onRefused()
        throw error
      }
    },
    faults: () => askFaults({}),
    async setFaults(faults) {
      const answer = await askFaults({ method: 'PUT', body: JSON.stringify({ faults }) })
      if (answer === null) throw new Error('there are no faults to switch')
      return answer
    },
    setToken(value) {
      token = value
      sessionStorage.setItem(tokenKey, value)
    },
  }
}
