import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError, messageOf } from '../../errors.ts'
import type { Simulator } from './api.ts'
import { type FaultRequest, FAULTS } from '../faults/catalogue.ts'

const HOST = '127.0.0.1'
const MAX_BODY_BYTES = 65_536
/** Accepted host names; others are refused to prevent DNS rebinding by web pages. */
const OWN_HOSTS = /^(127\.0\.0\.1|localhost)(:\d+)?$/
const MISDIRECTED_REQUEST = 421

export interface ControlServerOptions {
  port: number
  /** First segment of every path, so that a request for another simulator has no effect. */
  id: string
}

export interface ControlServerDeps {
  simulator: Simulator
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

/** HTTP server on loopback that switches faults and returns reference books, as JSON. */
export class ControlServer {
  readonly #options: ControlServerOptions
  readonly #simulator: Simulator
  readonly #http: Server

  constructor(options: ControlServerOptions, { simulator }: ControlServerDeps) {
    this.#options = options
    this.#simulator = simulator
    this.#http = createServer((request, response) => {
      void this.#answer(request, response)
    })
  }

  get url(): string {
    const { port } = this.#http.address() as AddressInfo
    return `http://${HOST}:${port}/${this.#options.id}`
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(this.#options.port, HOST, () => {
        this.#http.removeListener('error', reject)
        resolve()
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply
    try {
      const isOwn = OWN_HOSTS.test(request.headers.host ?? '')
      reply = isOwn
        ? await this.#route(request)
        : { status: 403, body: { problems: ['expected the host 127.0.0.1 or localhost'] } }
    } catch (error) {
      const problems = error instanceof AppError ? error.context['problems'] : undefined
      reply = { status: 400, body: { problems: problems ?? [messageOf(error)] } }
    }
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    response.writeHead(reply.status, headers)
    response.end(`${JSON.stringify(reply.body)}\n`)
  }

  async #route(request: IncomingMessage): Promise<Reply> {
    const [whole = ''] = (request.url ?? '').split('?', 1)
    const own = `/${this.#options.id}`
    if (whole !== own && !whole.startsWith(`${own}/`)) return this.#rejectOtherId(whole)
    const path = whole.slice(own.length)
    const call = `${request.method ?? ''} ${path}`
    if (path.startsWith('/truth/') && request.method === 'GET') return this.#reference(path)
    switch (call) {
      case 'GET /faults':
        return this.#faults()
      case 'PUT /faults':
        this.#simulator.faults.set(await readFaults(request))
        return this.#faults()
      case 'POST /faults':
        this.#simulator.faults.add(await readFaults(request))
        return this.#faults()
      case 'DELETE /faults':
        this.#simulator.faults.clear()
        return this.#faults()
      case 'GET /status': {
        const { id, url, instruments, connections } = this.#simulator
        return { status: 200, body: { id, url, instruments, connections } }
      }
      default:
        return { status: 404, body: { problems: [`${call}: not found`] } }
    }
  }

  #rejectOtherId(path: string): Reply {
    const { id, url } = this.#simulator
    const problem = `${path}: this is simulator ${id} (${url}); its control paths start with /${id}/`
    return { status: MISDIRECTED_REQUEST, body: { problems: [problem] } }
  }

  #faults(): Reply {
    return { status: 200, body: { faults: this.#simulator.faults.list(), available: FAULTS } }
  }

  #reference(path: string): Reply {
    const instrument = decodeURIComponent(path.slice('/truth/'.length))
    const reference = this.#simulator.reference(instrument)
    return reference === null
      ? { status: 404, body: { problems: [`${instrument}: unknown instrument`] } }
      : { status: 200, body: reference }
  }
}

/** `{"faults": "gap,skew=+5000"}` or `{"faults": [{"name", "value"?, "instruments"?}]}`. */
async function readFaults(request: IncomingMessage): Promise<string | readonly FaultRequest[]> {
  const body: unknown = JSON.parse(await readBody(request))
  const faults = typeof body === 'object' && body !== null && 'faults' in body ? body.faults : null
  if (typeof faults === 'string') return faults
  if (Array.isArray(faults) && faults.every(isFaultRequest)) return faults
  throw new Error(
    'expected {"faults": "name=value@INSTRUMENT,..."} or a list of {"name", "value", "instruments"}',
  )
}

function isFaultRequest(entry: unknown): entry is FaultRequest {
  if (typeof entry !== 'object' || entry === null || !('name' in entry)) return false
  const { name, value, instruments } = entry as Record<string, unknown>
  const isNames =
    Array.isArray(instruments) && instruments.every((item) => typeof item === 'string')
  const isValue = ['string', 'number', 'undefined'].includes(typeof value) || value === null
  return typeof name === 'string' && isValue && (isNames || (instruments ?? null) === null)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`body: expected up to ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
