import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { messageOf } from '../../errors.ts'

/** Finds a broker that is gone without a word, such as after a power cut. */
const KEEP_ALIVE_MS = 60_000

export interface SocketOptions {
  readonly host: string
  readonly port: number
  /** null: in clear text. */
  readonly tls: ConnectionOptions | null
  readonly onConnect: () => void
}

/** Opens a connection for kafkajs, without its surprises. */
export function openSocket({ host, port, tls, onConnect }: SocketOptions): Socket {
  const serverName = isIP(host) === 0 ? { servername: host } : {}
  const socket =
    tls === null
      ? connectTcp({ host, port, noDelay: true }, onConnect)
      : connectTls({ host, port, ...serverName, ...tls }, onConnect)
  // kafkajs keeps only the message, which Node leaves empty if it tried several addresses.
  socket.once('error', (error: Error) => {
    error.message = messageOf(error)
  })
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  socket.once('close', () => {
    // kafkajs closes a closed connection again at each retry, and each time Node would add a listener to it.
    socket.unref = () => socket
  })
  return socket
}
