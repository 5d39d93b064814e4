import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { answersProtocol } from '../../../tools/kafka/protocol-answer.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { freePort } from '../../support/free-port.ts'

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  registerCleanUp(() => server.close())
  return (server.address() as AddressInfo).port
}

it('is false where nothing listens', async () => {
  expect(await answersProtocol(await freePort())).toBe(false)
})

it('is false for a proxy that accepts a connection and closes it', async () => {
  expect(await answersProtocol(await listen((socket) => socket.end()))).toBe(false)
})

it('is false for something that speaks another protocol', async () => {
  const port = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  expect(await answersProtocol(port)).toBe(false)
})

it('is true for an answer in two parts', async () => {
  const port = await listen((socket) => {
    socket.once('data', (request) => {
      const answer = Buffer.concat([Buffer.from([0, 0, 0, 6]), request.subarray(8, 12)])
      socket.write(answer.subarray(0, 5))
      setImmediate(() => socket.write(answer.subarray(5)))
    })
  })
  expect(await answersProtocol(port)).toBe(true)
})
