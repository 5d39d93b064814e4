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
