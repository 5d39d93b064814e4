import { describe, expect, it } from 'vitest'
import { Verifier } from '../../../src/commands/verify/verifier.ts'

/** Outcome and exceptions of the check of closed connections, after these lines. */
function closesOf(lines: readonly [atMs: number, direction: 'in' | 'event', value: object][]) {
  const verifier = new Verifier()
  for (const [index, [atMs, direction, value]] of lines.entries()) {
    const raw = JSON.stringify(value)
    verifier.add({ receivedUs: atMs * 1000, direction, raw }, index + 1)
  }
  const check = verifier.end().find(({ id }) => id === 'transport.close')
  return [check?.outcome, check?.exceptionExample?.detail ?? null]
}

const OPEN = { event: 'open' }
const CUT = { event: 'close', code: 1006, reason: '' }
const NOTICE = {
  jsonrpc: '2.0',
  error: { code: 11051, message: 'system_maintenance', data: null },
  testnet: false,
}

describe('a closed connection', () => {
  it('contradicts the protocol without a notice', () => {
    expect(
      closesOf([
        [0, 'event', OPEN],
        [5000, 'event', CUT],
      ])[0],
    ).toBe('contradicted')
  })

  it('is an exception after the notice of maintenance, and soon after maintenance', () => {
    const lines: Parameters<typeof closesOf>[0] = [
      [0, 'event', OPEN],
      [5000, 'in', NOTICE],
      [5001, 'event', { event: 'close', code: 1001, reason: 'system_maintenance' }],
      [6000, 'event', { event: 'connect_failed', result: 'http_503' }],
      [15_000, 'event', OPEN],
      [15_300, 'event', CUT],
      [16_000, 'event', { event: 'connect_failed', result: 'http_503' }],
      [17_000, 'event', OPEN],
      [17_400, 'event', CUT],
      [20_000, 'event', OPEN],
    ]
    expect(closesOf(lines)).toEqual([
      'holds',
      'closed with 1001 system_maintenance after notice of maintenance',
    ])
    expect(closesOf([...lines, [40_000, 'event', CUT]])[0]).toBe('contradicted')
  })
})
