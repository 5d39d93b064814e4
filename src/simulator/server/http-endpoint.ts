import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../time/clock.ts'
import type { Dispatcher, Reply } from '../rpc/dispatcher.ts'
import { type Params, readRequest, RpcError, type RpcRequest, tooLarge } from '../rpc/envelope.ts'
import type { RequestContext } from '../rpc/request.ts'
import type { LinkState } from './outbox.ts'
import { type Accounts, type Caller, creditOwnerOf, type Grant } from '../rpc/accounts.ts'

const BASE = '/api/v2'
const METHOD_PATH = /^\/api\/v2\/((?:public|private)\/\w+)$/

export interface HttpEndpointOptions {
  maxRequestBytes: number
}

export interface HttpEndpointDeps {
  clock: Clock
  context: RequestContext
  dispatcher: Dispatcher
  link: LinkState
}

/**
 * Serves JSON-RPC over HTTP: `GET /api/v2/public/...` with query parameters, and `POST` of a
 * request to `/api/v2` or to the path of its method. Errors have status 400 and the same body as
 * over WebSocket.
 */
export class HttpEndpoint {
  readonly #options: HttpEndpointOptions
  readonly #deps: HttpEndpointDeps

  constructor(options: HttpEndpointOptions, deps: HttpEndpointDeps) {
    this.#options = options
    this.#deps = deps
  }

  /** Answers a request; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const receivedUs = this.#deps.context.clock.nowUs()
    this.#read(request).then(
      (read) =>
        this.#later(this.#deps.link.requestDelayMs, () =>
          this.#answer(request, response, read, receivedUs),
        ),
      // The client disconnected during its request.
      () => response.destroy(),
    )
  }

  /**
   * Returns a function that reads the request after its body has been received; null for an
   * unknown path.
   */
  async #read(request: IncomingMessage): Promise<(() => RpcRequest) | null> {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    const place = path.replace(/\/+$/, '')
    const method = METHOD_PATH.exec(place)?.[1]
    if (method === undefined && place !== BASE) return null
    if (request.method === 'POST') {
      const body = await readBody(request, this.#options.maxRequestBytes)
      return () => {
        if (body === null) throw tooLarge()
        return readRequest(body, this.#options.maxRequestBytes)
      }
    }
    if (request.method !== 'GET' || method === undefined) {
      return () => {
        throw new RpcError(11050, 'bad_request')
      }
    }
    return () => ({ id: undefined, method, params: queryParams(query) })
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    read: (() => RpcRequest) | null,
    receivedUs: number,
  ): void {
    const { dispatcher, context, link } = this.#deps
    // A stalled exchange never answers the request.
    if (link.isSilent) return
    if (read === null) {
      response.writeHead(404).end()
      return
    }
    const { authorization } = request.headers
    const address = request.socket.remoteAddress ?? ''
    const caller = new HttpCaller(authorization, address, context.accounts)
    const reply = dispatcher.answer(caller, read, receivedUs)
    this.#later(link.delayMs, () => send(response, reply))
  }

  #later(delayMs: number, action: () => void): void {
    if (delayMs === 0) action()
    else this.#deps.clock.setTimer(action, delayMs)
  }
}

function send(response: ServerResponse, { text, error }: Reply): void {
  response.writeHead(error === null ? 200 : 400, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // Closes the connection if the credits are used up or the body was not read completely.
    ...(error?.isFatal === true || !response.req.complete ? { connection: 'close' } : {}),
  })
  response.end(text)
}

/** Reads a body; null if it is larger than `maxBytes`, in which case reading stops. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  // The socket must not be destroyed at the end of the loop: the answer uses it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > maxBytes) return null
  }
  return Buffer.concat(chunks)
}

/** Caller of one HTTP request, logged in by its bearer token. */
class HttpCaller implements Caller {
  readonly isLoggedIn: boolean
  readonly creditOwner: string

  constructor(authorization: string | undefined, address: string, accounts: Accounts) {
    const grant = grantOf(authorization, accounts)
    this.isLoggedIn = grant !== null
    this.creditOwner = creditOwnerOf(grant, address)
  }

  logIn(): void {
    // The client sends the token of the answer from now on; no state is kept.
  }

  onTest(): void {
    // Only WebSocket connections have a heartbeat.
  }
}

/** Schemes other than a bearer token are for private methods, which are not served over HTTP. */
function grantOf(authorization: string | undefined, accounts: Accounts): Grant | null {
  const [scheme = '', token = ''] = (authorization ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' ? accounts.byAccessToken(token) : null
}

/**
 * Parses the parameters of a query: strings, or lists if the name ends in `[]`
 * (`ids[]=a&ids[]=b`).
 */
export function queryParams(query: string): Params {
  const params = new Map<string, string | string[]>()
  for (const [key, value] of new URLSearchParams(query)) {
    const name = key.replace(/\[\]$/, '')
    const list = params.get(name)
    if (name === key) params.set(name, value)
    else if (Array.isArray(list)) list.push(value)
    else params.set(name, [value])
  }
  return Object.fromEntries(params)
}
