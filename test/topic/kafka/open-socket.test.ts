import { expect, it } from 'vitest'
import { openSocket } from '../../../src/topic/kafka/open-socket.ts'
import { freePort } from '../../support/free-port.ts'

it('gets no listener each time that kafkajs closes it again after its end', async () => {
  const options = { host: '127.0.0.1', port: await freePort(), tls: null }
  const socket = openSocket({ ...options, onConnect: () => undefined })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  const listeners = socket.listenerCount('connect')
  // As kafkajs closes a connection.
  for (let times = 0; times < 20; times += 1) socket.end().unref()
  expect(socket.listenerCount('connect')).toBe(listeners)
})
