import { describe, expect, it } from 'vitest'
import { createFeedCheck } from '../../src/app/readiness.ts'
import * as frames from '../support/frames.ts'
import { groupedChannel, producing } from './producing.ts'

const EXCHANGE_TIME_MS = 1_790_000_000_000
const HOUR_MS = 3_600_000

/** Every book sends a snapshot when it is subscribed, and trades nothing at all. */
const framesOf = (channel: string) => {
  const [family, instrument = ''] = channel.split('.')
  const isBook = family === 'book'
  return {
    snapshot: (changeId: number) =>
      isBook
        ? frames.groupedSnapshot({
            instrument,
            changeId,
            exchangeTimeMs: EXCHANGE_TIME_MS + changeId,
          })
        : null,
    next: () => null,
  }
}

const namesOf = (count: number) => Array.from({ length: count }, (_, number) => `I${number}_USDC`)
const tradesOf = (instrument: string) => `trades.${instrument}.100ms`

const error = (code: number, message: string) =>
  `{"jsonrpc":"2.0","id":$id,"error":{"code":${code},"message":"${message}"}}`

async function subscribing(
  names: readonly string[],
  isRefused: (channel: string) => boolean,
  { how = 'omitted', withTrades = true }: { how?: string; withTrades?: boolean } = {},
) {
  const fixture = await producing(framesOf, { instruments: names, withTrades })
  let refused = isRefused
  fixture.setAcknowledge((channels) => {
    if (how === 'omitted') return channels.filter((channel) => !refused(channel))
    return channels.some((channel) => refused(channel)) ? error(11052, how) : channels
  })
  await fixture.start()
  return {
    ...fixture,
    setRefused: (next: (channel: string) => boolean) => {
      refused = next
    },
    suspendedNames: () => fixture.feed.health().suspendedChannels.map(({ channel }) => channel),
  }
}

describe('channels that the exchange omits from every acknowledgement', () => {
  const isRouted = (channel: string) => /^trades\.I[0-2]_USDC/.test(channel)

  it('count as refused, are listed, and are neither requested nor missing', async () => {
    const fixture = await subscribing(namesOf(5), isRouted)
    await fixture.pass(3000)
    const { feed, clock } = fixture
    expect(feed.health()).toMatchObject({
      requestedChannels: 9,
      acknowledgedChannels: 9,
      missingChannels: [],
      refusedCount: 3,
      suspendedCount: 0,
      problem: null,
    })
    expect(feed.health().suspendedChannels).toMatchObject(
      ['I0_USDC', 'I1_USDC', 'I2_USDC'].map((name) => ({
        channel: tradesOf(name),
        reason: 'refused',
        detail: 'missing from the acknowledgement',
      })),
    )
    expect(
      createFeedCheck(
        feed,
        { staleAfterMs: 1e9, instruments: namesOf(5), isShard: false },
        clock,
      ).check(),
    ).toEqual({
      isPassing: true,
      detail: `suspended: ${['I0_USDC', 'I1_USDC', 'I2_USDC'].map((name) => `${tradesOf(name)} (refused)`).join(', ')}`,
    })
    expect(fixture.sent.map(({ key }) => key)).toEqual(expect.arrayContaining(namesOf(5)))
  })

  it('cost few calls in hours, and are subscribed once the exchange accepts them', async () => {
    const fixture = await subscribing(namesOf(5), isRouted)
    await fixture.pass(2 * HOUR_MS, 4000)
    // Twice at first, then after 10, 20, 40 s and so on up to half an hour.
    expect(fixture.calls('public/subscribe').length).toBeLessThan(18)
    expect(fixture.exchange.links).toHaveLength(1)
    fixture.setRefused(() => false)
    await fixture.pass(HOUR_MS / 2 + 10_000, 4000)
    expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 12, refusedCount: 0 })
  })

  it('are not requested again at every reconnect', async () => {
    const fixture = await subscribing(namesOf(5), isRouted)
    await fixture.pass(HOUR_MS, 4000)
    const before = fixture
      .calls('public/subscribe')
      .filter(({ params }) => params.channels?.some(isRouted)).length
    for (let reconnect = 0; reconnect < 10; reconnect += 1) {
      fixture.exchange.links.at(-1)?.socket.terminate()
      await fixture.pass(10_000)
    }
    expect(fixture.exchange.links.length).toBeGreaterThan(5)
    const after = fixture
      .calls('public/subscribe')
      .filter(({ params }) => params.channels?.some(isRouted)).length
    expect(after - before).toBeLessThanOrEqual(2)
    expect(fixture.feed.health().requestedChannels).toBe(9)
  })

  it('are requested immediately when their instrument opens', async () => {
    const fixture = await subscribing(
      namesOf(2),
      (channel) => channel.includes('I1_USDC') || channel.startsWith('platform'),
    )
    await fixture.pass(HOUR_MS / 4, 4000)
    expect(fixture.feed.health().refusedCount).toBe(3)
    fixture.setRefused((channel) => channel.startsWith('platform'))
    fixture.exchange.links[0]?.send(
      frames.notification(
        'instrument.state.any.any',
        '{"instrument_name":"I1_USDC","state":"open","timestamp":1}',
      ),
    )
    await fixture.pass(2000)
    expect(fixture.suspendedNames()).toEqual(['platform_state'])
  })

  it('count as acknowledged if their data arrives', async () => {
    const fixture = await producing(framesOf, { instruments: ['A', 'B'] })
    const { exchange } = fixture
    fixture.setAcknowledge((channels, link) => {
      for (const channel of channels) {
        const text = framesOf(channel).snapshot(7)
        if (text !== null && channel.includes('.B.')) link.send(text)
      }
      return channels.filter((channel) => !channel.includes('.B.'))
    })
    await fixture.start()
    await fixture.pass(5000)
    expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 4, refusedCount: 0 })
    expect(exchange.links[0]?.of('public/subscribe')).toHaveLength(2)
  })

  it('are each requested twice, then with growing delays, if all channels are omitted', async () => {
    const fixture = await subscribing(namesOf(50), () => true)
    await fixture.pass(HOUR_MS, 4000)
    expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 0, missingChannels: [] })
    expect(fixture.calls('public/subscribe').length).toBeLessThan(40)
  })
})

describe('a subscribe call that fails because of its channels', () => {
  const FOUR_HUNDRED = namesOf(400)
  const bad = (...numbers: number[]) => {
    const channels = new Set(numbers.map((number) => groupedChannel(`I${number}_USDC`)))
    return (channel: string) => channels.has(channel)
  }

  it.each([
    ['one', bad(237), 1, 30],
    ['the first and the last', bad(0, 399), 2, 50],
    ['ten beside each other', bad(...Array.from({ length: 10 }, (_, at) => 100 + at)), 10, 70],
    ['ten far from each other', bad(...Array.from({ length: 10 }, (_, at) => at * 40)), 10, 170],
  ])(
    'is split until %s of 400 is found: all others are subscribed',
    async (_what, isRefused, count, maxCalls) => {
      const fixture = await subscribing(FOUR_HUNDRED, isRefused, {
        how: 'subscribe_error',
        withTrades: false,
      })
      await fixture.pass(120_000, 1000)
      expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 402 - count })
      const names = new Set(
        fixture.logger.lines
          .filter(({ message }) => message.startsWith('channel suspended'))
          .map(({ fields }) => ('channel' in fields ? fields.channel : null)),
      )
      expect([...names].every((name) => isRefused(String(name)))).toBe(true)
      expect(names.size).toBe(count)
      expect(fixture.calls('public/subscribe').length).toBeLessThan(maxCalls)
      expect(fixture.exchange.links).toHaveLength(1)

      // Those that are tried again are alone in their call: nobody else is harmed.
      const before = fixture.calls('public/subscribe').length
      await fixture.pass(HOUR_MS / 2, 4000)
      const later = fixture.calls('public/subscribe').slice(before)
      expect(later.every(({ params }) => params.channels?.length === 1)).toBe(true)
      expect(later.length).toBeLessThan(10 * count)
      fixture.setRefused(() => false)
      await fixture.pass(HOUR_MS / 2 + 60_000, 4000)
      expect(fixture.feed.health().acknowledgedChannels).toBe(402)
    },
  )

  it('still subscribes half of the books if every other channel fails', async () => {
    const isOdd = (channel: string) => /^book\.I\d*[13579]_/.test(channel)
    const fixture = await subscribing(namesOf(60), isOdd, { how: 'no', withTrades: false })
    await fixture.pass(300_000, 1000)
    const { requestedChannels, acknowledgedChannels, refusedCount } = fixture.feed.health()
    // Some may be asked for again just now.
    expect([acknowledgedChannels, requestedChannels + refusedCount]).toEqual([32, 62])
    expect(refusedCount).toBeGreaterThan(20)
  })

  it('costs a bounded number of calls if every channel fails', async () => {
    const fixture = await subscribing(namesOf(400), () => true, { how: 'no', withTrades: false })
    await fixture.pass(600_000, 1000)
    // At most 32 each minute, and the first try.
    expect(fixture.calls('public/subscribe').length).toBeLessThan(12 * 34)
    fixture.setRefused(() => false)
    await fixture.pass(600_000, 1000)
    expect(fixture.feed.health().acknowledgedChannels).toBeGreaterThan(350)
  })

  it('is not split after a temporary error', async () => {
    const fixture = await producing(framesOf, { instruments: namesOf(40) })
    fixture.setAcknowledge(() => error(11094, 'internal_server_error'))
    await fixture.start()
    await fixture.pass(300_000, 1000)
    expect(fixture.feed.health().refusedCount).toBe(0)
    expect(fixture.calls('public/subscribe').length).toBeLessThan(9)
    fixture.setAcknowledge((channels) => channels)
    await fixture.pass(61_000, 1000)
    expect(fixture.feed.health().acknowledgedChannels).toBe(42)
  })

  it('does not affect the other channels of a resync', async () => {
    const names = namesOf(20)
    const fixture = await subscribing(names, () => false, { how: 'no', withTrades: false })
    await fixture.pass(2000)
    expect(fixture.feed.health().acknowledgedChannels).toBe(22)
    fixture.setRefused((channel) => channel === groupedChannel('I7_USDC'))
    for (const name of names) fixture.feed.resync(groupedChannel(name), 'gap')
    await fixture.pass(60_000)
    expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 21 })
    expect(fixture.suspendedNames()).toEqual([groupedChannel('I7_USDC')])
    expect(fixture.exchange.links).toHaveLength(1)
  })
})

describe('a channel for which the exchange does not answer the call', () => {
  it('is found after some rounds, and all other channels are subscribed', async () => {
    const culprit = groupedChannel('I23_USDC')
    const fixture = await subscribing(namesOf(40), () => false, { withTrades: false })
    const usual = fixture.exchange.answer
    fixture.exchange.answer = (request, link) =>
      request.method === 'public/subscribe' && request.params.channels?.includes(culprit) === true
        ? null
        : usual(request, link)
    fixture.exchange.links[0]?.socket.terminate()
    await fixture.pass(900_000, 1000)
    expect(fixture.feed.health()).toMatchObject({ acknowledgedChannels: 41 })
    expect(fixture.exchange.links).toHaveLength(2)
    expect(fixture.calls('public/subscribe').length).toBeLessThan(60)
  })
})
