import { connect, createServer, type Socket } from 'node:net'
import { registerCleanUp } from './clean-up.ts'

/** Forwards between clients and `targetPort`; delays the responses of the target. */
export async function startDelayingProxy(targetPort: number, port: number, answerDelayMs: number) {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => sockets.delete(socket))
    }
    client.setNoDelay(true)
    client.on('data', (data) => target.write(data))
    target.on('data', (data) => setTimeout(() => client.write(data), answerDelayMs))
    client.once('close', () => target.destroy())
    target.once('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  registerCleanUp(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}
