import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './api-types.ts'
import { ApiProblem, problemOf, toProblem } from './api-problem.ts'
import { readEvents, type StreamEvent } from './read-events.ts'

type Schemas = components['schemas']
export type Problem = Schemas['Problem']
export type InstrumentState = Schemas['InstrumentState']
export type Summary = Schemas['Summary']
export type Snapshot = Schemas['Snapshot']
export type Signals = Schemas['Signals']
export type StateEvent = Schemas['StateEvent']
export type Pipeline = Schemas['Pipeline']

export { ApiProblem, problemOf, toProblem, type StreamEvent }

export interface ApiClientOptions {
  /** Base URL such as http://127.0.0.1:9464, or https://example.org/books behind a proxy with a prefix. */
  baseUrl: string
  /** Returns the value of HTTP_AUTH_TOKEN; called for each request. null: no token. */
  token?: () => string | null
}

export interface StreamOptions {
  /** At most 50 names. Default: all instruments. */
  instruments?: readonly string[]
  signal?: AbortSignal
}

export interface ApiClient {
  /** Typed access to every route by its path: `rest.GET('/api/v1/snapshots/{instrument}', { params })`. */
  readonly rest: Client<paths>
  /**
   * Opens the live stream on one connection. Ends when the service closes it.
   * @throws ApiProblem if the request is refused; Error if the connection fails or is silent for 20 seconds:
   * the last values may be outdated then
   */
  stream(options?: StreamOptions): AsyncGenerator<StreamEvent>
}

/** Creates a client whose types are generated from the OpenAPI document of the service. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { token = () => null } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const authorization = (): Record<string, string> => {
    const given = token()
    return given === null ? {} : { authorization: `Bearer ${given}` }
  }
  const rest = createClient<paths>({ baseUrl })
  rest.use({
    onRequest({ request }) {
      for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value)
      return request
    },
  })
  return {
    rest,
    async *stream({ instruments, signal } = {}) {
      const query = instruments === undefined ? '' : `?instruments=${instruments.join(',')}`
      const response = await fetch(`${baseUrl}/api/v1/stream${query}`, {
        headers: { accept: 'text/event-stream', ...authorization() },
        cache: 'no-store',
        ...(signal === undefined ? {} : { signal }),
      })
      if (!response.ok || response.body === null) throw await toProblem(response)
      yield* readEvents(response.body)
    },
  }
}
