import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const HEADER = 'x-request-id'
const WELL_FORMED = /^[\w.:-]{1,64}$/

/** The ids of requests: the one that the client gave where it is well-formed, else a new one. */
export function createRequestIds(): (request: { headers: IncomingHttpHeaders }) => string {
  const process = randomBytes(6).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers[HEADER]
    if (typeof given === 'string' && WELL_FORMED.test(given)) return given
    count += 1
    return `${process}-${count.toString(36)}`
  }
}
