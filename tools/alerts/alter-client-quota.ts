import { connect } from 'node:net'

const ALTER_CLIENT_QUOTAS = 49
const VERSION = 0
const CORRELATION = 1
const WITHIN_MS = 10_000
/** Offset of the error code in the response: after length, correlation, throttling and number of entries. */
const ERROR_CODE_AT = 16

/**
 * Sets how many bytes per second each client of a broker may read. kafkajs lacks this request, so it is
 * encoded here according to Kafka's protocol.
 * @param bytesPerSecond null: no limit
 * @throws Error with the broker's error code, or where it does not answer
 */
export async function alterClientQuota(
  address: string,
  bytesPerSecond: number | null,
): Promise<void> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect({ host, port: Number(port) })
  socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error(`${address} does not answer`)))
  try {
    socket.write(requestOf(bytesPerSecond))
    let answer = Buffer.alloc(0)
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer])
      if (answer.length >= ERROR_CODE_AT + 2) break
    }
    const code = answer.readInt16BE(ERROR_CODE_AT)
    if (code !== 0) throw new Error(`the broker refuses a quota with error ${code}`)
  } finally {
    socket.destroy()
  }
}

function requestOf(bytesPerSecond: number | null): Buffer {
  const value = Buffer.alloc(8)
  value.writeDoubleBE(bytesPerSecond ?? 0)
  const request = Buffer.concat([
    int16(ALTER_CLIENT_QUOTAS),
    int16(VERSION),
    int32(CORRELATION),
    text('orderbook-alerts'),
    // One entry with one entity: every client (null) without its own quota.
    int32(1),
    int32(1),
    text('client-id'),
    int16(-1),
    // One operation.
    int32(1),
    text('consumer_byte_rate'),
    value,
    flag(bytesPerSecond === null),
    // validate_only = false.
    flag(false),
  ])
  return Buffer.concat([int32(request.length), request])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])
}

function flag(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0])
}
