import { wireJson } from '../wire/json.ts'

/** An error answer of the exchange. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown
  /** Whether the connection is closed after the answer. */
  readonly isFatal: boolean

  constructor(code: number, message: string, data?: unknown, isFatal = false) {
    super(message)
    this.name = 'RpcError'
    this.code = code
    this.data = data
    this.isFatal = isFatal
  }
}

/** Creates the error -32602 with the parameter and the reason. */
export function invalidParams(param: string, reason: string): RpcError {
  return new RpcError(-32602, 'Invalid params', { reason, param })
}

export type RequestId = string | number

interface EnvelopeFacts {
  /** Omitted from the answer if the request had none or could not be read. */
  readonly id: RequestId | undefined
  readonly usIn: number
  readonly usOut: number
  readonly isTestnet: boolean
}

export function resultText(facts: EnvelopeFacts, result: unknown): string {
  return wireJson({ jsonrpc: '2.0', id: facts.id, result, ...tail(facts) })
}

export function errorText(facts: EnvelopeFacts, error: RpcError): string {
  const { code, data, message } = error
  return wireJson({ jsonrpc: '2.0', id: facts.id, error: { code, data, message }, ...tail(facts) })
}

function tail({ usIn, usOut, isTestnet }: EnvelopeFacts): object {
  return { usIn, usOut, usDiff: usOut - usIn, testnet: isTestnet }
}

/** Named parameters without those that are null. Over HTTP every value is a string. */
export type Params = Readonly<Record<string, unknown>>

/** A parsed request; permission and method are not checked yet. */
export interface RpcRequest {
  readonly id: RequestId | undefined
  readonly method: unknown
  readonly params: unknown
}

/**
 * Parses the JSON of a WebSocket frame or of an HTTP body. Batches are not supported.
 * @throws RpcError -32600 or 11050, to be answered without an id
 */
export function readRequest(data: Buffer, maxBytes: number): RpcRequest {
  if (data.length > maxBytes) throw tooLarge()
  let request: unknown
  try {
    request = JSON.parse(data.toString('utf8'))
  } catch {
    throw new RpcError(11050, 'bad_request', 'invalid json')
  }
  if (!isObject(request)) throw new RpcError(11050, 'bad_request', 'invalid request')
  const { id, method, params } = request
  const isId = typeof id === 'string' || typeof id === 'number'
  return { id: isId ? id : undefined, method, params }
}

/** Creates the error -32600: the frame or the body is larger than the exchange accepts. */
export function tooLarge(): RpcError {
  return new RpcError(-32600, 'request entity too large')
}

/**
 * Returns the named parameters of a request. null counts as absent.
 * @throws RpcError -32602 for positional ones
 */
export function namedParams(params: unknown): Params {
  if (params === undefined || params === null) return {}
  if (!isObject(params)) throw new RpcError(-32602, 'Invalid params')
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null))
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
