import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RpcSocket } from '../../../src/deribit/socket/rpc-socket.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { eventually } from '../../support/eventually.ts'
import * as frames from '../../support/frames.ts'
import { FakeDeribit, usualAnswer } from '../fake-deribit.ts'
import { connectionTo, type TestConnectionOptions } from '../feed-connection.ts'

const { BTC, ETH, BTC_GROUPED, BTC_TRADES, BTC_CHANGES } = frames

/** A started connection and the exchange side of it, after it has subscribed. */
async function connected(options: TestConnectionOptions = {}) {
  const exchange = await FakeDeribit.start()
  const started = connectionTo(exchange.url, options)
  started.connection.start()
  const link = await exchange.link(1)
  await link.called('public/subscribe')
  await eventually(() => started.connection.subscriptions.acknowledgedCount > 0)
  return { ...started, exchange, link }
}

type Connected = Awaited<ReturnType<typeof connected>>

/** Waits until the end of the connection was seen, then lets the wait before the next one pass. */
async function reconnected(
  { metrics, clock, exchange }: Connected,
  reason: string,
  number: number,
) {
  await eventually(() => metrics.disconnects.series({ reason: reason as 'error' }).value === 1)
  // After too many calls the pool of credits is let to refill.
  clock.advance(reason === 'rate_limited' ? 3001 : 1)
  const link = await exchange.link(number)
  await link.called('public/subscribe')
  return link
}

describe('a connection to the exchange', () => {
  it('sets the heartbeat and subscribes all channels in one call', async () => {
    const { link, connection, metrics } = await connected()
    expect(link.of('public/set_heartbeat').map(({ params }) => params)).toEqual([{ interval: 10 }])
    expect(link.of('public/subscribe').map(({ params }) => params)).toEqual([
      { channels: [BTC_GROUPED, BTC_TRADES] },
    ])
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    expect([connection.isConnected, connection.problem]).toEqual([true, null])
    expect(metrics.connects.series({ result: 'ok' }).value).toBe(1)
  })

  it('passes on frames byte for byte, and marks the first one', async () => {
    const { link, sink } = await connected()
    const texts = [
      frames.groupedSnapshot({ changeId: 1 }),
      ` ${frames.groupedSnapshot({ changeId: 2 })} `,
    ]
    for (const text of texts) link.send(text)
    link.send(frames.trades([frames.trade()]))
    await eventually(() => sink.trades.length === 1)
    expect(sink.books.map(({ text, answers }) => [text, answers])).toEqual([
      [texts[0], 'subscribe'],
      [texts[1], null],
    ])
    expect(sink.trades[0]?.text).toBe(frames.trades([frames.trade()]))
  })

  it('passes on only the newest snapshot of a channel while its reader is overloaded', async () => {
    const { link, sink, metrics, connection } = await connected()
    link.send(frames.groupedSnapshot({ changeId: 1 }))
    await eventually(() => sink.books.length === 1)
    const bytesBefore = metrics.bytes.value
    sink.isOverloaded = true
    const texts = [2, 3, 4].map((changeId) => frames.groupedSnapshot({ changeId }))
    const other = frames.groupedSnapshot({ instrument: ETH })
    const sent = [...texts, other, other, frames.HEARTBEAT]
    // All in one tick of the event loop, which both ends share.
    for (const text of sent) link.send(text)
    await eventually(() => metrics.frames.series({ kind: 'heartbeat' }).value === 1)
    expect(sink.books.slice(1).map(({ text }) => text)).toEqual([texts[2]])
    expect(sink.superseded).toBe(2)
    // Of a channel that nobody requested: superseded too, and no frame of a book.
    expect(metrics.frames.series({ kind: 'other' }).value).toBe(2)
    expect(metrics.bytes.value - bytesBefore).toBe(sent.join('').length)
    expect(connection.lastFrame).not.toBeNull()
  })

  it('accepts data before the acknowledgement', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = (request, link) => {
      if (request.method === 'public/subscribe') link.send(frames.groupedSnapshot())
      return undefined
    }
    const { connection, sink } = connectionTo(exchange.url)
    connection.start()
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    expect(sink.books.map(({ answers }) => answers)).toEqual(['subscribe'])
  })

  it('does not count a change before the snapshot as a response', async () => {
    const { link, sink } = await connected({ channels: [BTC_CHANGES] })
    link.send(frames.change())
    link.send(frames.snapshot({ changeId: 200 }))
    link.send(frames.change({ changeId: 201, prevChangeId: 200 }))
    await eventually(() => sink.books.length === 3)
    expect(sink.books.map(({ answers }) => answers)).toEqual([null, 'subscribe', null])
  })

  it('answers a test request at once, while other requests wait', async () => {
    const { link, metrics, exchange } = await connected()
    exchange.answer = () => null
    link.send(frames.TEST_REQUEST)
    expect(await link.called('public/test')).toMatchObject({ params: {} })
    link.send(frames.HEARTBEAT)
    await eventually(() => metrics.frames.series({ kind: 'heartbeat' }).value === 2)
    expect(link.of('public/test')).toHaveLength(1)
  })

  it('counts every byte and every frame by its kind', async () => {
    const { link, metrics } = await connected()
    const before = metrics.bytes.value
    const texts = [
      frames.notification('platform_state', '{"maintenance":false}'),
      frames.notification('quote.BTC-PERPETUAL', '{}'),
      frames.groupedSnapshot({ instrument: ETH }),
      frames.HEARTBEAT,
    ]
    for (const text of texts) link.send(text)
    await eventually(() => metrics.frames.series({ kind: 'heartbeat' }).value === 1)
    expect(metrics.frames.series({ kind: 'state' }).value).toBe(1)
    expect(metrics.frames.series({ kind: 'other' }).value).toBe(2)
    expect(metrics.bytes.value - before).toBe(texts.join('').length)
  })

  it('ignores channels that were never requested', async () => {
    const { link, sink, metrics } = await connected()
    link.send(frames.groupedSnapshot({ instrument: ETH }))
    link.send(frames.trades([frames.trade({ instrument: ETH })], `trades.${ETH}.100ms`))
    await eventually(() => metrics.frames.series({ kind: 'other' }).value === 2)
    expect([sink.books, sink.trades]).toEqual([[], []])
  })

  it('passes on the states of the platform and of instruments', async () => {
    const { link, sink } = await connected()
    link.send(frames.notification('platform_state', '{"maintenance":true}'))
    link.send(
      frames.notification('platform_state', '{"price_index":"btc_usd","locked":true,"reasons":[]}'),
    )
    link.send(frames.notification('platform_state', '{"price_index":7,"locked":"true"}'))
    link.send(frames.notification('platform_state', 'null'))
    link.send(
      frames.notification(
        'instrument.state.any.any',
        `{"instrument_name":"${BTC}","state":"settlement","timestamp":1}`,
      ),
    )
    link.send(
      frames.notification(
        'instrument.state.any.any',
        `{"instrument_name":"${BTC}","state":"dancing"}`,
      ),
    )
    link.send(
      frames.notification('instrument.state.any.any', `{"instrument_name":7,"state":"open"}`),
    )
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
    expect(sink.maintenance).toEqual([true])
    expect(sink.locks).toEqual([['btc_usd', true]])
    expect(sink.statuses).toEqual([[BTC, 'settlement']])
  })

  it('measures the exchange’s clock from responses', async () => {
    const { link, connection, metrics, exchange, clock } = await connected()
    const skewMs = 5000
    exchange.answer = ({ id }) => frames.answer(id, '{}', (clock.nowMs() + skewMs) * 1000)
    link.send(frames.TEST_REQUEST)
    await eventually(() => (connection.clockOffset?.offsetMs ?? 0) > 4999)
    expect(connection.clockOffset?.offsetMs).toBeCloseTo(skewMs, 0)
    expect(metrics.roundTrip.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  })
})

describe('channels that the exchange does not acknowledge', () => {
  it('are retried after a second, then suspended with growing delays', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe'
        ? frames.answer(id, `["${BTC_TRADES}","book.X.100ms"]`)
        : undefined
    const { connection, clock, logger } = connectionTo(exchange.url, { deadAfterMs: 1e9 })
    connection.start()
    const link = await exchange.link(1)
    const warnings = () =>
      logger.lines.filter(({ message }) => message.includes('did not acknowledge'))
    await eventually(() => warnings().length === 1)
    expect(connection.subscriptions.missing()).toEqual([BTC_GROUPED])
    expect(connection.subscriptions.requestedCount).toBe(2)
    clock.advance(999)
    expect(link.of('public/subscribe')).toHaveLength(1)
    clock.advance(1)
    expect((await link.called('public/subscribe', 2)).params).toEqual({ channels: [BTC_GROUPED] })
    await eventually(() => connection.channels.suspensions.has(BTC_GROUPED))
    expect([
      connection.subscriptions.requestedCount,
      connection.subscriptions.acknowledgedCount,
    ]).toEqual([1, 1])
    clock.advance(10_000)
    expect((await link.called('public/subscribe', 3)).params).toEqual({ channels: [BTC_GROUPED] })
    await eventually(() => connection.channels.suspensions.has(BTC_GROUPED))
    exchange.answer = () => undefined
    clock.advance(20_000)
    await eventually(() => connection.subscriptions.acknowledgedCount === 2)
    clock.advance(600_000)
    expect(link.of('public/subscribe')).toHaveLength(4)
  })

  it('are retried after an error and without a response', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe'
        ? `{"jsonrpc":"2.0","id":${id},"error":{"code":13778,"message":"raw_subscriptions_not_available_for_unauthorized"}}`
        : undefined
    const { connection, clock, logger } = connectionTo(exchange.url, { deadAfterMs: 1e9 })
    connection.start()
    const link = await exchange.link(1)
    await eventually(() =>
      logger.lines.some(({ fields }) => 'code' in fields && fields.code === 13778),
    )
    await eventually(() => connection.channels.suspensions.size === 2)
    expect(connection.channels.suspensions.list().map(({ detail }) => detail)).toEqual(
      Array(2).fill('13778 raw_subscriptions_not_available_for_unauthorized'),
    )
    exchange.answer = ({ method }) => (method === 'public/subscribe' ? null : undefined)
    const before = link.of('public/subscribe').length
    clock.advance(10_000)
    await link.called('public/subscribe', before + 1)
    clock.advance(5000)
    await eventually(() => logger.lines.some(({ message }) => message === 'subscribe call failed'))
    exchange.answer = () => undefined
    await eventually(() => {
      clock.advance(1000)
      return connection.subscriptions.acknowledgedCount === 2
    })
  })

  it('are requested in several rate-limited calls if there are many', async () => {
    const channels = Array.from(
      { length: 6000 },
      (_, number) => `book.BTC-25DEC26-${number}-C.none.10.100ms`,
    )
    const exchange = await FakeDeribit.start()
    const { connection, clock } = connectionTo(exchange.url, { channels, deadAfterMs: 1e9 })
    connection.start()
    const link = await exchange.link(1)
    await link.called('public/subscribe', 8)
    expect(link.of('public/subscribe')).toHaveLength(8)
    await eventually(() => {
      clock.advance(350)
      return connection.subscriptions.acknowledgedCount === 6000
    })
    const asked = link.of('public/subscribe').flatMap(({ params }) => params.channels ?? [])
    expect(new Set(asked).size).toBe(6000)
    expect(asked).toHaveLength(6000)
  })
})

describe('an invalid frame from the exchange', () => {
  it('is counted by reason and skipped, and valid frames continue', async () => {
    const { link, sink, metrics, connection } = await connected()
    const count = (reason: 'json' | 'schema' | 'oversize' | 'unknown_method') =>
      metrics.invalidFrames.series({ reason }).value
    link.send('{"jsonrpc":')
    link.send(Buffer.from([0, 1, 2, 255]))
    link.send('[]')
    link.send('{"method":"public/steal"}')
    link.send(frames.groupedSnapshot().replace('"bids"', '"bid"'))
    link.send(frames.trades(['{}']))
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
    expect([count('json'), count('schema'), count('unknown_method'), count('oversize')]).toEqual([
      2, 3, 1, 0,
    ])
    expect(sink.broken).toEqual([BTC_GROUPED])
    expect(connection.isConnected).toBe(true)
  })

  it('is logged with at most 200 bytes', async () => {
    const { link, logger } = await connected()
    link.send('x'.repeat(5000))
    const connection = await eventually(
      () => logger.lines.find(({ message }) => message.includes('invalid frame')) ?? false,
    )
    expect(connection.fields).toEqual({ reason: 'json', excerpt: 'x'.repeat(200) })
  })

  it('may be an error without id', async () => {
    const { link, sink, logger } = await connected()
    link.send('{"jsonrpc":"2.0","error":{"code":-32600,"message":"request entity too large"}}')
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
    expect(logger.lines.at(-1)?.fields).toMatchObject({ code: -32600, id: null })
  })

  it('may be a response without a request', async () => {
    const { link, sink } = await connected()
    link.send(frames.answer(987_654, '[]'))
    link.send('{"jsonrpc":"2.0","id":"text","result":1}')
    link.send(frames.groupedSnapshot())
    await eventually(() => sink.books.length === 1)
  })
})

describe('the close of a connection', () => {
  it.each([
    [
      'close_4000',
      (connection: Connected) => connection.link.socket.close(4000, 'heartbeat close'),
    ],
    ['server_close', (connection: Connected) => connection.link.socket.close(1001)],
    ['error', (connection: Connected) => connection.link.socket.terminate()],
    ['oversize', (connection: Connected) => connection.link.send('x'.repeat(16 * 1024 * 1024 + 1))],
    [
      'rate_limited',
      (connection: Connected) => {
        connection.link.send(
          '{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"}}',
        )
        connection.link.socket.close()
      },
    ],
    [
      'maintenance',
      (connection: Connected) => {
        connection.link.send(
          '{"jsonrpc":"2.0","error":{"code":11051,"message":"system_maintenance"}}',
        )
        connection.link.socket.close()
      },
    ],
  ] as const)('by %s is counted so, and a new one resubscribes everything', async (reason, end) => {
    const connection = await connected()
    connection.link.send(frames.groupedSnapshot())
    await eventually(() => connection.sink.books.length === 1)
    end(connection)
    const next = await reconnected(connection, reason, 2)
    expect(next.of('public/set_heartbeat')).toHaveLength(1)
    expect(next.of('public/subscribe').map(({ params }) => params)).toEqual([
      { channels: [BTC_GROUPED, BTC_TRADES] },
    ])
    next.send(frames.groupedSnapshot({ changeId: 70_000_000_200 }))
    await eventually(() => connection.sink.books.length === 2)
    expect(connection.sink.books.at(-1)?.answers).toBe('subscribe')
    expect(connection.metrics.connects.series({ result: 'ok' }).value).toBe(2)
  })

  it('leads to a new connection with one subscribe call, each time', async () => {
    const connection = await connected()
    for (let number = 2; number <= 6; number++) {
      connection.exchange.links.at(-1)?.socket.close(1001)
      await eventually(
        () =>
          connection.metrics.disconnects.series({ reason: 'server_close' }).value === number - 1,
      )
      connection.clock.advance(1)
      const link = await connection.exchange.link(number)
      await link.called('public/subscribe')
      await eventually(() => connection.connection.subscriptions.acknowledgedCount === 2)
      expect(link.of('public/subscribe')).toHaveLength(1)
    }
  })

  it('happens if no frame arrives, not even after a test request of ours', async () => {
    const connection = await connected({ deadAfterMs: 5000 })
    connection.exchange.answer = () => null
    connection.clock.advance(1250)
    await connection.link.called('public/test')
    connection.clock.advance(3000)
    expect(connection.connection.isConnected).toBe(true)
    connection.clock.advance(1000)
    await reconnected(connection, 'no_frames', 2)
  })

  it('does not happen while the exchange answers test requests', async () => {
    const connection = await connected({ deadAfterMs: 5000 })
    for (let second = 1; second <= 20; second++) {
      const before = connection.metrics.frames.series({ kind: 'response' }).value
      connection.clock.advance(1250)
      await eventually(() => connection.metrics.frames.series({ kind: 'response' }).value > before)
    }
    expect(connection.connection.isConnected).toBe(true)
    expect(connection.exchange.links).toHaveLength(1)
  })

  it('does not happen with a limit of one second if test requests are answered', async () => {
    const connection = await connected({ deadAfterMs: 1000 })
    for (let second = 1; second <= 20; second++) {
      const before = connection.metrics.frames.series({ kind: 'response' }).value
      connection.clock.advance(500)
      await eventually(() => connection.metrics.frames.series({ kind: 'response' }).value > before)
    }
    expect(connection.exchange.links).toHaveLength(1)
  })

  it('is not checked with more than eight time requests while frames arrive', async () => {
    const connection = await connected()
    for (let number = 1; number <= 20; number++) {
      connection.link.send(frames.groupedSnapshot({ changeId: number }))
      await eventually(() => connection.sink.books.length === number)
      connection.clock.advance(500)
    }
    expect(connection.link.of('public/test')).toHaveLength(8)
  })
})

describe('a stop', () => {
  it('closes the connection, counts it, and prevents a reconnect', async () => {
    const connection = await connected()
    connection.connection.stop()
    connection.connection.stop()
    await eventually(() => connection.link.isClosed)
    await eventually(
      () => connection.metrics.disconnects.series({ reason: 'shutdown' }).value === 1,
    )
    connection.clock.advance(600_000)
    expect(connection.exchange.links).toHaveLength(1)
    expect([connection.connection.isConnected, connection.connection.problem]).toEqual([
      false,
      'stopped',
    ])
    expect(connection.clock.pendingTimers).toBe(0)
  })

  it('ends the wait for a reconnect', async () => {
    const exchange = await FakeDeribit.start()
    exchange.refuseWith = 503
    const { connection, clock, metrics } = connectionTo(exchange.url)
    connection.start()
    await eventually(() => metrics.connects.series({ result: 'http_5xx' }).value === 1)
    connection.stop()
    clock.advance(600_000)
    expect(exchange.refusedCount).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('followed by a start is not affected by the late close of the old connection', async () => {
    const connection = await connected()
    connection.connection.stop()
    connection.connection.start()
    const next = await connection.exchange.link(2)
    await next.called('public/subscribe')
    await eventually(() => connection.link.isClosed)
    await eventually(
      () => connection.metrics.disconnects.series({ reason: 'shutdown' }).value === 1,
    )
    connection.clock.advance(500)
    next.send(frames.groupedSnapshot())
    await eventually(() => connection.sink.books.length === 1)
    expect(connection.exchange.links).toHaveLength(2)
    expect(connection.connection.subscriptions.acknowledgedCount).toBe(2)
  })
})

describe('a connection that cannot be opened', () => {
  it.each([
    [429, 'http_429'],
    [503, 'http_5xx'],
    [403, 'http_other'],
  ] as const)(
    'by HTTP %i is counted as %s, and tried again until it can',
    async (status, result) => {
      const exchange = await FakeDeribit.start()
      exchange.refuseWith = status
      const { connection, clock, metrics } = connectionTo(exchange.url)
      connection.start()
      for (let attempt = 1; attempt <= 5; attempt++) {
        await eventually(() => metrics.connects.series({ result }).value === attempt)
        expect(connection.problem).toBe(`cannot connect: ${result}: HTTP status ${status}`)
        if (attempt === 5) exchange.refuseWith = null
        clock.advance(1)
      }
      await (await exchange.link(1)).called('public/subscribe')
      expect([connection.isConnected, connection.problem]).toEqual([true, null])
      expect(exchange.refusedCount).toBe(5)
    },
  )

  it('to a closed port is counted as refused', async () => {
    const exchange = await FakeDeribit.start()
    const { url } = exchange
    await exchange.stop()
    const { connection, clock, metrics } = connectionTo(url)
    connection.start()
    await eventually(() => metrics.connects.series({ result: 'refused' }).value === 1)
    clock.advance(1)
    await eventually(() => metrics.connects.series({ result: 'refused' }).value === 2)
  })

  it('to a server without TLS is counted as tls', async () => {
    const exchange = await FakeDeribit.start()
    const { connection, metrics } = connectionTo(exchange.url.replace('ws://', 'wss://'))
    connection.start()
    await eventually(() => metrics.connects.series({ result: 'tls' }).value === 1)
  })

  it('to a server that never answers is counted as timeout', async () => {
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    registerCleanUp(() => mute.close())
    mute.on('connection', (socket) => registerCleanUp(() => socket.destroy()))
    const events = { onMessage: () => {}, onRoundTrip: () => {}, onClose: () => {} }
    const connection = new RpcSocket(
      {
        url: `ws://127.0.0.1:${(mute.address() as AddressInfo).port}`,
        handshakeTimeoutMs: 50,
        requestTimeoutMs: 50,
      },
      { clock: systemClock, events },
    )
    expect(await connection.open()).toMatchObject({ result: 'timeout' })
  })
})

describe('a silent book', () => {
  const SILENCE_MS = 60_000

  /** Advances the clock while frames keep the connection alive. */
  async function pass(connection: Connected, ms: number) {
    for (let passed = 0; passed < ms; passed += 1000) {
      connection.link.send(frames.HEARTBEAT)
      const before = connection.metrics.frames.series({ kind: 'heartbeat' }).value
      await eventually(
        () => connection.metrics.frames.series({ kind: 'heartbeat' }).value > before,
        {
          intervalMs: 1,
        },
      )
      connection.clock.advance(1000)
    }
  }

  /** Lets time pass until the silent book is requested again, and its subscription was renewed. */
  async function probed(connection: Connected) {
    await eventually(async () => {
      await pass(connection, 1000)
      return connection.link.of('public/unsubscribe').length > 0
    })
    await connection.link.called('public/subscribe', 2)
    await eventually(() => connection.connection.subscriptions.missing().length === 0)
  }

  it('is unsubscribed and subscribed again, and its snapshot counts as the answer', async () => {
    const connection = await connected({ silenceMs: SILENCE_MS })
    connection.link.send(frames.groupedSnapshot())
    await eventually(() => connection.sink.books.length === 1)
    const receivedMs = connection.clock.monotonicMs()
    await probed(connection)
    expect(connection.clock.monotonicMs() - receivedMs).toBeGreaterThanOrEqual(SILENCE_MS)
    expect(connection.clock.monotonicMs() - receivedMs).toBeLessThan(SILENCE_MS + 15_000)
    expect((await connection.link.called('public/unsubscribe')).params).toEqual({
      channels: [BTC_GROUPED],
    })
    expect((await connection.link.called('public/subscribe', 2)).params).toEqual({
      channels: [BTC_GROUPED],
    })
    connection.link.send(frames.groupedSnapshot())
    await eventually(() => connection.sink.books.length === 2)
    expect(connection.sink.books[1]?.answers).toBe('probe')
    expect(connection.sink.failedProbes).toEqual([])
  })

  it('without a snapshot within 5 s is reported', async () => {
    const connection = await connected({ silenceMs: SILENCE_MS })
    connection.link.send(frames.groupedSnapshot())
    await probed(connection)
    expect(connection.sink.failedProbes).toEqual([])
    await pass(connection, 6000)
    expect(connection.sink.failedProbes).toEqual([BTC_GROUPED])
  })

  it('whose unsubscribe is not answered is reported and not verified', async () => {
    const connection = await connected({ silenceMs: SILENCE_MS, deadAfterMs: 1e9 })
    connection.link.send(frames.groupedSnapshot())
    await eventually(() => connection.sink.books.length === 1)
    connection.exchange.answer = ({ method }) =>
      method === 'public/unsubscribe' ? null : undefined
    await eventually(async () => {
      await pass(connection, 1000)
      return connection.sink.failedProbes.length > 0
    })
    expect(connection.sink.failedProbes).toEqual([BTC_GROUPED])
    expect(connection.exchange.links).toHaveLength(1)
  })

  it('that was not acknowledged is requested again on the same connection', async () => {
    const connection = await connected({ silenceMs: SILENCE_MS })
    connection.link.send(frames.groupedSnapshot())
    connection.exchange.answer = ({ id, method }) =>
      method === 'public/subscribe' ? frames.answer(id, '[]') : undefined
    await pass(connection, SILENCE_MS + 10_000)
    await connection.link.called('public/subscribe', 2)
    connection.exchange.answer = () => undefined
    await pass(connection, SILENCE_MS + 30_000)
    expect(connection.exchange.links).toHaveLength(1)
    await connection.link.called('public/subscribe', 3)
    await eventually(() => connection.connection.subscriptions.missing().length === 0)
  })

  it('is never a trades channel, which may be quiet', async () => {
    const connection = await connected({ channels: [BTC_TRADES], silenceMs: SILENCE_MS })
    await pass(connection, SILENCE_MS + 30_000)
    expect(connection.link.of('public/unsubscribe')).toEqual([])
  })
})

describe('a resync', () => {
  const RESYNC_ANSWER_MS = 5000

  it('consists of an unsubscribe, its acknowledgement, a subscribe and a snapshot', async () => {
    const connection = await connected({ channels: [BTC_CHANGES] })
    connection.link.send(frames.snapshot())
    await eventually(() => connection.sink.books.length === 1)
    let release = ''
    connection.exchange.answer = (request) => {
      if (request.method !== 'public/unsubscribe') return undefined
      release = usualAnswer(request)
      return null
    }
    connection.connection.resync(BTC_CHANGES, 'gap')
    await connection.link.called('public/unsubscribe')
    expect(connection.link.of('public/subscribe')).toHaveLength(1)
    connection.link.send(release)
    expect((await connection.link.called('public/subscribe', 2)).params).toEqual({
      channels: [BTC_CHANGES],
    })
    connection.link.send(frames.snapshot({ changeId: 70_000_000_200 }))
    await eventually(() => connection.sink.books.length === 2)
    expect(connection.sink.books[1]?.answers).toBe('resync')
    expect(connection.metrics.resyncs.series({ reason: 'gap' }).value).toBe(1)
  })

  it('is not repeated while its answer is awaited', async () => {
    const connection = await connected({ channels: [BTC_CHANGES] })
    connection.link.send(frames.snapshot())
    await eventually(() => connection.sink.books.length === 1)
    connection.exchange.answer = ({ method }) => (method === 'public/subscribe' ? null : undefined)
    connection.connection.resync(BTC_CHANGES, 'gap')
    await connection.link.called('public/subscribe', 2)
    connection.connection.resync(BTC_CHANGES, 'gap')
    connection.connection.resync(BTC_CHANGES, 'invalid_frame')
    expect(connection.metrics.resyncs.series({ reason: 'gap' }).value).toBe(1)
    expect(connection.metrics.resyncs.series({ reason: 'invalid_frame' }).value).toBe(0)
  })

  it('is repeated if its answer could not be parsed', async () => {
    const connection = await connected({ channels: [BTC_CHANGES] })
    connection.link.send(frames.snapshot())
    await eventually(() => connection.sink.books.length === 1)
    connection.connection.resync(BTC_CHANGES, 'gap')
    await connection.link.called('public/subscribe', 2)
    await eventually(() => connection.connection.subscriptions.isAcknowledged(BTC_CHANGES))
    connection.connection.resync(BTC_CHANGES, 'invalid_frame')
    connection.link.send(frames.snapshot().replace('"bids"', '"bid"'))
    await eventually(() => connection.sink.broken.length === 1)
    connection.connection.resync(BTC_CHANGES, 'invalid_frame')
    await connection.link.called('public/subscribe', 3)
    expect(connection.metrics.resyncs.series({ reason: 'invalid_frame' }).value).toBe(1)
  })

  it('whose unsubscribe is not answered closes the connection', async () => {
    const connection = await connected({ channels: [BTC_CHANGES], deadAfterMs: 1e9 })
    connection.link.send(frames.snapshot())
    await eventually(() => connection.sink.books.length === 1)
    connection.exchange.answer = ({ method }) =>
      method === 'public/unsubscribe' ? null : undefined
    for (let asked = 0; asked < 20; asked += 1) connection.connection.resync(BTC_CHANGES, 'gap')
    await connection.link.called('public/unsubscribe')
    connection.clock.advance(RESYNC_ANSWER_MS)
    await reconnected(connection, 'error', 2)
    expect(connection.link.of('public/unsubscribe')).toHaveLength(1)
  })

  it('without a snapshot within 5 s closes the connection', async () => {
    const connection = await connected({ channels: [BTC_CHANGES], deadAfterMs: 1e9 })
    connection.link.send(frames.snapshot())
    await eventually(() => connection.sink.books.length === 1)
    connection.connection.resync(BTC_CHANGES, 'gap')
    await connection.link.called('public/subscribe', 2)
    await eventually(() => connection.connection.subscriptions.missing().length === 0)
    // The wait begins with the acknowledgement, which is a step behind.
    await eventually(() => {
      connection.clock.advance(RESYNC_ANSWER_MS / 10)
      return connection.link.isClosed
    })
    await reconnected(connection, 'error', 2)
  })

  it('is sent at once three times in ten seconds, then together with others', async () => {
    const channels = Array.from({ length: 20 }, (_, number) => `book.I${number}.100ms`)
    const connection = await connected({ channels, deadAfterMs: 1e9 })
    for (const [number] of channels.entries()) {
      connection.link.send(frames.snapshot({ instrument: `I${number}` }))
    }
    await eventually(() => connection.sink.books.length === 20)
    for (const channel of channels) connection.connection.resync(channel, 'gap')
    await connection.link.called('public/unsubscribe', 3)
    expect(connection.link.of('public/unsubscribe').map(({ params }) => params.channels)).toEqual(
      channels.slice(0, 3).map((channel) => [channel]),
    )
    for (let number = 0; number < 3; number++) {
      await connection.link.called('public/subscribe', 2 + number)
      connection.link.send(frames.snapshot({ instrument: `I${number}`, changeId: 70_000_000_200 }))
    }
    await eventually(() => connection.sink.books.length === 23)
    connection.clock.advance(10_000)
    const batch = await connection.link.called('public/unsubscribe', 4)
    expect(batch.params.channels).toEqual(channels.slice(3))
  })

  it('of more than fifty channels at a time closes the connection instead', async () => {
    const channels = Array.from({ length: 60 }, (_, number) => `book.I${number}.100ms`)
    const connection = await connected({ channels, deadAfterMs: 1e9 })
    for (const [number] of channels.entries()) {
      connection.link.send(frames.snapshot({ instrument: `I${number}` }))
    }
    await eventually(() => connection.sink.books.length === 60)
    for (const channel of channels) connection.connection.resync(channel, 'gap')
    await eventually(() => connection.link.isClosed)
    await reconnected(connection, 'error', 2)
    expect(connection.metrics.resyncs.series({ reason: 'overflow' }).value).toBeGreaterThan(0)
  })

  it('requests nothing without a connection', () => {
    const { connection, metrics } = connectionTo('ws://127.0.0.1:9/')
    connection.resync(BTC_CHANGES, 'gap')
    expect(metrics.resyncs.series({ reason: 'gap' }).value).toBe(0)
  })
})
