/**
 * Many stream clients in one process, as cheap as possible. Forked with the address and their
 * number; answers each message with the number of events so far.
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
    // Events cut by the end of a chunk are missed; these are few.
    for (let at = chunk.indexOf(EVENT); at >= 0; at = chunk.indexOf(EVENT, at + 1)) events += 1
  })
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`))
  socket.on('close', () => process.stderr.write('a stream was closed\n'))
}
process.on('message', () => process.send?.(events))
