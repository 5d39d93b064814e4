import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends bytes as they are and gives everything that comes back until the server closes. */
export async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  // A reset after the answer is as good as an end.
  socket.on('error', () => undefined)
  // The answer ends long before; no clean-up holds the sockets of those who look for what is left.
  socket.setTimeout(20_000, () => socket.destroy())
  socket.write(request)
  await once(socket, 'close')
  return answer
}
