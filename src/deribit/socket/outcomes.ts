/** How an attempt to connect ended; the label `result` of `feed_connects_total`. */
export type ConnectResult =
  'ok' | 'dns' | 'tls' | 'refused' | 'timeout' | 'http_429' | 'http_5xx' | 'http_other' | 'auth'

/** Why a connection that was open ended; the label `reason` of `feed_disconnects_total`. */
export type DisconnectReason =
  | 'close_4000'
  | 'server_close'
  | 'no_frames'
  | 'error'
  | 'maintenance'
  | 'rate_limited'
  | 'shutdown'
  | 'oversize'

/** HTTP status of an upgrade that the exchange refused. */
export function resultOfStatus(status: number): ConnectResult {
  if (status === 429) return 'http_429'
  return status >= 500 && status <= 599 ? 'http_5xx' : 'http_other'
}

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])
const TIMEOUT_CODES = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT'])
const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/

/** Names the failure of a handshake from the socket's error. */
export function resultOfError(error: Error): ConnectResult {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (DNS_CODES.has(code)) return 'dns'
  // ws names its own time-out by text alone.
  if (TIMEOUT_CODES.has(code) || error.message.includes('timed out')) return 'timeout'
  if (TLS_CODES.test(code)) return 'tls'
  return 'refused'
}

/** Sent by the exchange when a `test_request` was not answered. */
const HEARTBEAT_CLOSE_CODE = 4000
/** No close frame came: the peer vanished or reset. */
const ABNORMAL_CLOSE_CODE = 1006

/** The exchange's errors after which it closes the connection. */
const CLOSING_ERRORS = new Map<number, DisconnectReason>([
  [10028, 'rate_limited'],
  [11051, 'maintenance'],
])

/** Why the exchange is about to close the connection after this error; null where it is not. */
export function closeReasonOfError(code: number): DisconnectReason | null {
  return CLOSING_ERRORS.get(code) ?? null
}

/** Names the end of a connection that we did not end ourselves. */
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
  /** The library's error, where one ended the connection. */
  readonly error: Error | null
}
