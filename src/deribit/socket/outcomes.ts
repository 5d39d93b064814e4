/** Result of a connection attempt; the label `result` of `feed_connects_total`. */
export type ConnectResult =
  'ok' | 'dns' | 'tls' | 'refused' | 'timeout' | 'http_429' | 'http_5xx' | 'http_other' | 'auth'

/** Reason for the end of an open connection; the label `reason` of `feed_disconnects_total`. */
export type DisconnectReason =
  | 'close_4000'
  | 'server_close'
  | 'no_frames'
  | 'error'
  | 'maintenance'
  | 'rate_limited'
  | 'shutdown'
  | 'oversize'

/** Classifies the HTTP status of a refused upgrade. */
export function resultOfStatus(status: number): ConnectResult {
  if (status === 429) return 'http_429'
  return status >= 500 && status <= 599 ? 'http_5xx' : 'http_other'
}

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])
const TIMEOUT_CODES = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT'])
const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/

/** Classifies the error of a failed handshake. */
export function resultOfError(error: Error): ConnectResult {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (DNS_CODES.has(code)) return 'dns'
  // The timeout error of ws has no code.
  if (TIMEOUT_CODES.has(code) || error.message.includes('timed out')) return 'timeout'
  if (TLS_CODES.test(code)) return 'tls'
  return 'refused'
}

/** Close code of the exchange after an unanswered `test_request`. */
const HEARTBEAT_CLOSE_CODE = 4000
/** Close code without a close frame: the peer disappeared or reset the connection. */
const ABNORMAL_CLOSE_CODE = 1006

/** Errors after which the exchange closes the connection. */
const CLOSING_ERRORS = new Map<number, DisconnectReason>([
  [10028, 'rate_limited'],
  [11051, 'maintenance'],
])

/** Returns the reason if the exchange closes the connection after this error; null otherwise. */
export function closeReasonOfError(code: number): DisconnectReason | null {
  return CLOSING_ERRORS.get(code) ?? null
}

/** Classifies the end of a connection that this process did not close. */
export function closeReason(close: SocketClose): DisconnectReason {
  if (close.code === HEARTBEAT_CLOSE_CODE) return 'close_4000'
  const code = close.error !== null && 'code' in close.error ? close.error.code : null
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'oversize'
  if (close.error !== null || close.code === ABNORMAL_CLOSE_CODE) return 'error'
  return 'server_close'
}

export interface SocketClose {
  readonly code: number
  readonly reason: string
  /** The error of the library that ended the connection, if any. */
  readonly error: Error | null
}
