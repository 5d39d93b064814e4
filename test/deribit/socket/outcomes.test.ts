import { describe, expect, it } from 'vitest'
import { closeReason, resultOfError, resultOfStatus } from '../../../src/deribit/socket/outcomes.ts'

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code })

describe('a failed connection attempt', () => {
  it.each([
    [429, 'http_429'],
    [500, 'http_5xx'],
    [503, 'http_5xx'],
    [599, 'http_5xx'],
    [403, 'http_other'],
    [302, 'http_other'],
    [0, 'http_other'],
  ])('with HTTP status %i counts as %s', (status, result) => {
    expect(resultOfStatus(status)).toBe(result)
  })

  it.each([
    [coded('ENOTFOUND'), 'dns'],
    [coded('EAI_AGAIN'), 'dns'],
    [coded('ECONNREFUSED'), 'refused'],
    [coded('ECONNRESET'), 'refused'],
    [coded('EHOSTUNREACH'), 'refused'],
    [coded('ETIMEDOUT'), 'timeout'],
    [new Error('Opening handshake has timed out'), 'timeout'],
    [coded('CERT_HAS_EXPIRED'), 'tls'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'tls'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls'],
    [new Error('Invalid Sec-WebSocket-Accept header'), 'refused'],
  ])('with %s counts as %s', (error, result) => {
    expect(resultOfError(error)).toBe(result)
  })
})

describe('a closed connection', () => {
  it.each([
    [4000, null, 'close_4000'],
    [1000, null, 'server_close'],
    [1001, null, 'server_close'],
    [1005, null, 'server_close'],
    [1006, null, 'error'],
    [1006, coded('ECONNRESET'), 'error'],
    [1002, coded('WS_ERR_INVALID_OPCODE'), 'error'],
    [1009, coded('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'), 'oversize'],
  ])('with code %i and error %s has the reason %s', (code, error, reason) => {
    expect(closeReason({ code, reason: '', error })).toBe(reason)
  })
})
