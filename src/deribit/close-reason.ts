import type { DisconnectReason } from './connect-result.ts'
import type { SocketClose } from './connection.ts'

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
