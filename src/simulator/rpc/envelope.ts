import { wireJson } from '../wire/json.ts'
import type { RpcError } from './rpc-error.ts'

export type RequestId = string | number

export interface EnvelopeFacts {
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
