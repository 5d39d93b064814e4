import {
  ApiProblem,
  createApiClient,
  type InstrumentState,
  type Pipeline,
  problemOf,
  type Signals,
  type StreamEvent,
  toProblem,
} from '../../client/api-client.ts'
import type { Faults, WantedFault } from './faults.ts'

const ANSWER_MS = 3000

/** Requests of the page to its service; every request times out after three seconds. */
export interface Service {
  /** null in a process without books. */
  instruments(): Promise<readonly InstrumentState[] | null>
  pipeline(): Promise<Pipeline>
  /** null if the service does not measure them, or the instrument is gone. */
  signals(instrument: string): Promise<Signals | null>
  stream(names: readonly string[], signal: AbortSignal): AsyncGenerator<StreamEvent>
  /** null if the exchange is not simulated. */
  faults(): Promise<Faults | null>
  setFaults(faults: readonly WantedFault[]): Promise<Faults>
  /** Stored for the session of the browser tab. */
  setToken(token: string): void
}

/**
 * @param baseUrl folder of the page with a trailing slash; a proxy may have added a prefix
 * @param onRefused called when the token is missing or wrong
 */
export function createService(baseUrl: string, onRefused: () => void): Service {
  // The token is stored per base URL, because another service may be behind the same proxy.
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
    async signals(instrument) {
      const params = { path: { instrument } }
      const answer = await rest.GET('/api/v1/signals/{instrument}', { params, signal: signal() })
      return answer.response.status === 404 ? null : read(answer)
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
      if (answer === null) throw new Error('the exchange is not simulated')
      return answer
    },
    setToken(value) {
      token = value
      sessionStorage.setItem(tokenKey, value)
    },
  }
}
