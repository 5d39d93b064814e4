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
