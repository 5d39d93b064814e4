/**
 * Many readers of the stream in one process, as lean as can be. To be forked with the address and how
 * many; answers each message with the events that came so far.
 */
import { connect } from 'node:net'
import process from 'node:process'

const [address = '', count = '0', ...instruments] = process.argv.slice(2)
const { hostname, port } = new URL(address)
const EVENT = Buffer.from('event: snapshot')
let events = 0

for (let client = 0; client < Number(count); client += 1) {
  const socket = connect(Number(port), hostname)
  const names = instruments[client % instruments.length] ?? ''
  socket.write(`GET /api/v1/stream?instruments=${names} HTTP/1.1\r\nHost: bench\r\n\r\n`)
  socket.on('data', (chunk: Buffer) => {
    // One that is cut by the end of a chunk is missed: few are.
    for (let at = chunk.indexOf(EVENT); at >= 0; at = chunk.indexOf(EVENT, at + 1)) events += 1
  })
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`))
  socket.on('close', () => process.stderr.write('a stream was closed\n'))
}
process.on('message', () => process.send?.(events))
