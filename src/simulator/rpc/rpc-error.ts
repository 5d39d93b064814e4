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
