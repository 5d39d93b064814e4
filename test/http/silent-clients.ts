import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { TypedApp } from '../../src/http/typed-app.ts'
import { registerCleanUp } from '../support/clean-up.ts'

const CLIENTS = 20

/**
 * Opens clients that send `start` and never close, even after the server has ended the connection. Returns
 * a function that counts the connections the server still holds.
 */
export async function silentClients(app: TypedApp, start: string): Promise<() => Promise<number>> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  registerCleanUp(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const sockets = Array.from({ length: CLIENTS }, () =>
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined),
  )
  registerCleanUp(() => sockets.forEach((socket) => socket.destroy()))
  const reported = sockets.map((socket) => once(socket.resume(), 'end'))
  for (const socket of sockets) socket.write(start)
  await Promise.all(reported)
  return promisify(app.server.getConnections.bind(app.server))
}
