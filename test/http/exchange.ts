import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends raw bytes and returns everything received until the server closes. */
export async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text
  })
  // A reset after the response counts as the end.
  socket.on('error', () => undefined)
  // No clean-up is registered, because it would keep the sockets referenced in leak tests.
  socket.setTimeout(20_000, () => socket.destroy())
  socket.write(request)
  await once(socket, 'close')
  return answer
}
