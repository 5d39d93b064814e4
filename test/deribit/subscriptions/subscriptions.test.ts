import { describe, expect, it } from 'vitest'
import { SubscriptionSet } from '../../../src/deribit/subscriptions/subscriptions.ts'

const all = () => true

function requested(...channels: string[]): SubscriptionSet {
  const set = new SubscriptionSet()
  set.request(channels)
  return set
}

describe('the requested channels', () => {
  it('are acknowledged by the list in the answer, whatever its order', () => {
    const set = requested('a', 'b', 'c')
    set.acknowledge(['c', 'a', 'b'], 0)
    expect([set.requestedCount, set.acknowledgedCount, set.missing()]).toEqual([3, 3, []])
  })

  it('are missing if the exchange omitted them from its list', () => {
    const set = requested('a', 'b', 'c')
    set.acknowledge(['b'], 0)
    expect([set.acknowledgedCount, set.missing(), set.missing(1)]).toEqual([1, ['a', 'c'], ['a']])
  })

  it.each([[[]], [null], ['ok'], [{ 0: 'a' }], [undefined], [[null, 7, ['a'], {}]]])(
    'are not acknowledged by %j',
    (result) => {
      const set = requested('a')
      set.acknowledge(result, 0)
      expect(set.acknowledgedCount).toBe(0)
    },
  )

  it('do not include names that were never requested', () => {
    const set = requested('a')
    set.acknowledge(['a', 'x', 'y', '__proto__'], 0)
    expect([set.requestedCount, set.acknowledgedCount, set.isRequested('x')]).toEqual([1, 1, false])
  })

  it('are counted once, however often they are requested and acknowledged', () => {
    const set = requested('a', 'a')
    set.request(['a'])
    set.acknowledge(['a', 'a'], 0)
    set.acknowledge(['a'], 0)
    expect([set.requestedCount, set.acknowledgedCount]).toEqual([1, 1])
  })

  it('are all missing on a new connection, and awaited again', () => {
    const set = requested('a', 'b')
    set.acknowledge(['a', 'b'], 0)
    set.received('a', 1)
    set.disconnected()
    expect([set.acknowledgedCount, set.missing(), set.unanswered(['a', 'b'])]).toEqual([
      0,
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(set.received('a', 2)).toBe('subscribe')
  })

  it('can be dropped in any state', () => {
    const set = requested('a', 'b')
    set.acknowledge(['a'], 0)
    set.drop('a')
    set.drop('a')
    set.drop('never')
    expect([set.requestedCount, set.acknowledgedCount, set.missing()]).toEqual([1, 0, ['b']])
  })
})

describe('the first frame after a request', () => {
  it.each(['resync', 'probe'] as const)(
    'answers the %s, and the next one answers nothing',
    (cause) => {
      const set = requested('a')
      set.acknowledge(['a'], 0)
      expect(set.received('a', 1)).toBe('subscribe')
      expect(set.received('a', 2)).toBeNull()
      set.released(['a', 'unknown'], cause)
      expect([set.acknowledgedCount, set.missing()]).toEqual([0, ['a']])
      expect(set.received('a', 3)).toBe(cause)
      expect(set.received('a', 4)).toBeNull()
    },
  )

  it('may come before the acknowledgement', () => {
    const set = requested('a')
    expect(set.received('a', 1)).toBe('subscribe')
    set.acknowledge(['a'], 2)
    expect(set.unanswered(['a'])).toEqual([])
  })

  it('of a channel that nobody requested answers nothing', () => {
    expect(requested('a').received('b', 1)).toBeNull()
  })
})

describe('silent channels', () => {
  it('are those without a frame since a time, the longest silent first', () => {
    const set = requested('a', 'b', 'c', 'never-acknowledged')
    set.acknowledge(['a', 'b', 'c'], 0)
    set.received('a', 300)
    set.received('b', 100)
    set.received('c', 200)
    expect(set.silentSince(200, all).map(({ channel }) => channel)).toEqual(['b', 'c'])
    expect(set.silentSince(99, all)).toEqual([])
    expect(set.silentSince(999, (channel) => channel === 'a')).toEqual([
      { channel: 'a', activeMonotonicMs: 300 },
    ])
  })

  it('count from the acknowledgement if no frame arrived', () => {
    const set = requested('a')
    set.acknowledge(['a'], 50)
    expect(set.silentSince(49, all)).toEqual([])
    expect(set.silentSince(50, all)).toHaveLength(1)
  })
})
