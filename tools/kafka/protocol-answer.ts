import { connect } from 'node:net'

const ANSWER_MS = 2000
const API_VERSIONS = 18
const CORRELATION_ID = 0x6f62
/** Size of the answer and correlation id. */
const HEAD_BYTES = 8

/**
 * Whether a broker on a port of 127.0.0.1 answers a request of Kafka's protocol. An open port is not enough: Docker
 * accepts connections for a container long before the broker in it listens.
 */
export function answersProtocol(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = Buffer.alloc(0)
    const end = (isAnswer: boolean) => {
      socket.destroy()
      resolve(isAnswer)
    }
    socket.setTimeout(ANSWER_MS, () => end(false))
    socket.once('connect', () => socket.write(apiVersionsRequest()))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= HEAD_BYTES) end(received.readInt32BE(4) === CORRELATION_ID)
    })
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}

/** ApiVersions, version 0, which every broker answers: a header without a client id, and no body. */
function apiVersionsRequest(): Buffer {
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(API_VERSIONS, 4)
  request.writeInt16BE(0, 6)
  request.writeInt32BE(CORRELATION_ID, 8)
  request.writeInt16BE(-1, 12)
  return request
}
