import { describe, expect, it } from 'vitest'
import { MessageParser } from '../../../src/deribit/protocol/parse-message.ts'
import * as frames from '../../support/frames.ts'

const parse = (text: string) => new MessageParser().parseRecord(Buffer.from(text))

describe('a record value', () => {
  it('is parsed into a book frame or a trades frame', () => {
    expect(parse(frames.groupedSnapshot())).toMatchObject({ ok: true, frame: { kind: 'grouped' } })
    expect(parse(frames.trades([frames.trade()]))).toMatchObject({
      ok: true,
      frame: { type: 'trades' },
    })
  })

  it('is parsed from any byte array, also from a slice of a larger one', () => {
    const text = frames.groupedSnapshot()
    const larger = new TextEncoder().encode(`garbage${text}garbage`)
    const value = larger.subarray(7, 7 + Buffer.byteLength(text))
    expect(new MessageParser().parseRecord(value)).toMatchObject({
      ok: true,
      frame: { instrument: frames.BTC },
    })
  })

  it.each([
    ['no JSON', '{', 'json'],
    ['nothing', '', 'json'],
    ['JSON of another kind', '[]', 'schema'],
    ['a heartbeat', frames.HEARTBEAT, 'schema'],
    ['a test request', frames.TEST_REQUEST, 'schema'],
    ['an answer', frames.answer(1, '[]'), 'schema'],
    ['an unknown method', '{"method":"subscribe"}', 'schema'],
    [
      'a book frame with a wrong member',
      frames.groupedSnapshot().replace('"bids"', '"bid"'),
      'schema',
    ],
    [
      'a frame of another channel',
      frames.notification('ticker.BTC-PERPETUAL.100ms', '{}'),
      'unknown_channel',
    ],
  ])('with %s is skipped for its reason', (_what, text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem })
  })
})
