import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Connection } from '../../src/deribit/connection.ts'
import { systemClock } from '../../src/model/clock.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { FakeDeribit, usualAnswer } from './fake-deribit.ts'
import { lineTo, type LineOptions } from './line.ts'

const { BTC, ETH, BTC_PICTURES, BTC_TRADES, BTC_CHANGES } = frames

/** A started line and the exchange's end of its first connection, once it has subscribed. */
async function connected(options: LineOptions = {}) {
  const exchange = await FakeDeribit.start()
  const started = lineTo(exchange.url, options)
  started.line.start()
  const link = await exchange.link(1)
  await link.called('public/subscribe')
  await eventually(() => started.line.subscriptions.acknowledgedCount > 0)
  return { ...started, exchange, link }
}

type Line = Awaited<ReturnType<typeof connected>>

/** Waits until the end of the connection was seen, then lets the wait before the next one pass. */
async function reconnected({ metrics, clock, exchange }: Line, reason: string, number: number) {
  await eventually(() => metrics.disconnects.cell({ reason: reason as 'error' }).value === 1)
  // After too many calls the pool of credits is let to refill.
  clock.advance(reason === 'rate_limited' ? 3001 : 1)
  const link = await exchange.link(number)
  await link.called('public/subscribe')
  return link
}

describe('a connection to the exchange', () => {
  it('sets the heartbeat and subscribes all channels in one call', async () => {
    const { link, line, metrics } = await connected()
    expect(link.of('public/set_heartbeat').map(({ params }) => params)).toEqual([{ interval: 10 }])
    expect(link.of('public/subscribe').map(({ params }) => params)).toEqual([
      { channels: [BTC_PICTURES, BTC_TRADES] },
    ])
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    expect([line.isConnected, line.problem]).toEqual([true, null])
    expect(metrics.connects.cell({ result: 'ok' }).value).toBe(1)
  })

  it('hands on frames byte for byte, and says which is the first', async () => {
    const { link, sink } = await connected()
    const texts = [frames.picture({ changeId: 1 }), ` ${frames.picture({ changeId: 2 })} `]
    for (const text of texts) link.send(text)
    link.send(frames.trades([frames.trade()]))
    await eventually(() => sink.trades.length === 1)
    expect(sink.books.map(({ text, answers }) => [text, answers])).toEqual([
      [texts[0], 'subscribe'],
      [texts[1], null],
    ])
    expect(sink.trades[0]?.text).toBe(frames.trades([frames.trade()]))
  })

  it('takes data that comes before the acknowledgement', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = (request, link) => {
      if (request.method === 'public/subscribe') link.send(frames.picture())
      return undefined
    }
    const { line, sink } = lineTo(exchange.url)
    line.start()
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    expect(sink.books.map(({ answers }) => answers)).toEqual(['subscribe'])
  })

  it('does not take a change before the snapshot for an answer', async () => {
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
    await eventually(() => metrics.frames.cell({ kind: 'heartbeat' }).value === 2)
    expect(link.of('public/test')).toHaveLength(1)
  })

  it('counts every byte and every frame by its kind', async () => {
    const { link, metrics } = await connected()
    const before = metrics.bytes.value
    const texts = [
      frames.notification('platform_state', '{"maintenance":false}'),
      frames.notification('quote.BTC-PERPETUAL', '{}'),
      frames.picture({ instrument: ETH }),
      frames.HEARTBEAT,
    ]
    for (const text of texts) link.send(text)
    await eventually(() => metrics.frames.cell({ kind: 'heartbeat' }).value === 1)
    expect(metrics.frames.cell({ kind: 'state' }).value).toBe(1)
    expect(metrics.frames.cell({ kind: 'other' }).value).toBe(2)
    expect(metrics.bytes.value - before).toBe(texts.join('').length)
  })

  it('hands on nothing of a channel that was never requested', async () => {
    const { link, sink, metrics } = await connected()
    link.send(frames.picture({ instrument: ETH }))
    link.send(frames.trades([frames.trade({ instrument: ETH })], `trades.${ETH}.100ms`))
    await eventually(() => metrics.frames.cell({ kind: 'other' }).value === 2)
    expect([sink.books, sink.trades]).toEqual([[], []])
  })

  it('hands on what the exchange says of the platform and of instruments', async () => {
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
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
    expect(sink.maintenance).toEqual([true])
    expect(sink.locks).toEqual([['btc_usd', true]])
    expect(sink.words).toEqual([[BTC, 'settlement']])
  })

  it('learns the exchange’s clock from answers', async () => {
    const { link, line, metrics, exchange, clock } = await connected()
    const skewMs = 5000
    exchange.answer = ({ id }) => frames.answer(id, '{}', (clock.nowMs() + skewMs) * 1000)
    link.send(frames.TEST_REQUEST)
    await eventually(() => (line.clockOffset?.offsetMs ?? 0) > 4999)
    expect(line.clockOffset?.offsetMs).toBeCloseTo(skewMs, 0)
    expect(metrics.roundTrip.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  })
})

describe('channels that the exchange does not acknowledge', () => {
  it('are asked for again after a second, then suspended and asked for less and less often', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe'
        ? frames.answer(id, `["${BTC_TRADES}","book.X.100ms"]`)
        : undefined
    const { line, clock, logger } = lineTo(exchange.url, { deadAfterMs: 1e9 })
    line.start()
    const link = await exchange.link(1)
    const warnings = () =>
      logger.lines.filter(({ message }) => message.includes('did not acknowledge'))
    await eventually(() => warnings().length === 1)
    expect(line.subscriptions.missing()).toEqual([BTC_PICTURES])
    expect(line.subscriptions.requestedCount).toBe(2)
    clock.advance(999)
    expect(link.of('public/subscribe')).toHaveLength(1)
    clock.advance(1)
    expect((await link.called('public/subscribe', 2)).params).toEqual({ channels: [BTC_PICTURES] })
    await eventually(() => line.channels.suspensions.has(BTC_PICTURES))
    expect([line.subscriptions.requestedCount, line.subscriptions.acknowledgedCount]).toEqual([
      1, 1,
    ])
    clock.advance(10_000)
    expect((await link.called('public/subscribe', 3)).params).toEqual({ channels: [BTC_PICTURES] })
    await eventually(() => line.channels.suspensions.has(BTC_PICTURES))
    exchange.answer = () => undefined
    clock.advance(20_000)
    await eventually(() => line.subscriptions.acknowledgedCount === 2)
    clock.advance(600_000)
    expect(link.of('public/subscribe')).toHaveLength(4)
  })

  it('are asked for again after an error, and after no answer at all', async () => {
    const exchange = await FakeDeribit.start()
    exchange.answer = ({ id, method }) =>
      method === 'public/subscribe'
        ? `{"jsonrpc":"2.0","id":${id},"error":{"code":13778,"message":"raw_subscriptions_not_available_for_unauthorized"}}`
        : undefined
    const { line, clock, logger } = lineTo(exchange.url, { deadAfterMs: 1e9 })
    line.start()
    const link = await exchange.link(1)
    await eventually(() =>
      logger.lines.some(({ fields }) => 'code' in fields && fields.code === 13778),
    )
    await eventually(() => line.channels.suspensions.size === 2)
    expect(line.channels.suspensions.list().map(({ detail }) => detail)).toEqual(
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
      return line.subscriptions.acknowledgedCount === 2
    })
  })

  it('are asked for in several calls where they are many, at the pace that the exchange allows', async () => {
    const channels = Array.from(
      { length: 6000 },
      (_, number) => `book.BTC-25DEC26-${number}-C.none.10.100ms`,
    )
    const exchange = await FakeDeribit.start()
    const { line, clock } = lineTo(exchange.url, { channels, deadAfterMs: 1e9 })
    line.start()
    const link = await exchange.link(1)
    await link.called('public/subscribe', 8)
    expect(link.of('public/subscribe')).toHaveLength(8)
    await eventually(() => {
      clock.advance(350)
      return line.subscriptions.acknowledgedCount === 6000
    })
    const asked = link.of('public/subscribe').flatMap(({ params }) => params.channels ?? [])
    expect(new Set(asked).size).toBe(6000)
    expect(asked).toHaveLength(6000)
  })
})

describe('garbage from the exchange', () => {
  it('is counted by its reason and skipped, and good frames go on', async () => {
    const { link, sink, metrics, line } = await connected()
    const count = (reason: 'json' | 'schema' | 'oversize' | 'unknown_method') =>
      metrics.invalidFrames.cell({ reason }).value
    link.send('{"jsonrpc":')
    link.send(Buffer.from([0, 1, 2, 255]))
    link.send('[]')
    link.send('{"method":"public/steal"}')
    link.send(frames.picture().replace('"bids"', '"bid"'))
    link.send(frames.trades(['{}']))
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
    expect([count('json'), count('schema'), count('unknown_method'), count('oversize')]).toEqual([
      2, 3, 1, 0,
    ])
    expect(sink.broken).toEqual([BTC_PICTURES])
    expect(line.isConnected).toBe(true)
  })

  it('is shown in the log with at most 200 bytes', async () => {
    const { link, logger } = await connected()
    link.send('x'.repeat(5000))
    const line = await eventually(
      () => logger.lines.find(({ message }) => message.includes('invalid frame')) ?? false,
    )
    expect(line.fields).toEqual({ reason: 'json', excerpt: 'x'.repeat(200) })
  })

  it('may be an error without id', async () => {
    const { link, sink, logger } = await connected()
    link.send('{"jsonrpc":"2.0","error":{"code":-32600,"message":"request entity too large"}}')
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
    expect(logger.lines.at(-1)?.fields).toMatchObject({ code: -32600, id: null })
  })

  it('may be an answer that nobody asked for', async () => {
    const { link, sink } = await connected()
    link.send(frames.answer(987_654, '[]'))
    link.send('{"jsonrpc":"2.0","id":"text","result":1}')
    link.send(frames.picture())
    await eventually(() => sink.books.length === 1)
  })
})

describe('the end of a connection', () => {
  it.each([
    ['close_4000', (line: Line) => line.link.socket.close(4000, 'heartbeat close')],
    ['server_close', (line: Line) => line.link.socket.close(1001)],
    ['error', (line: Line) => line.link.socket.terminate()],
    ['oversize', (line: Line) => line.link.send('x'.repeat(16 * 1024 * 1024 + 1))],
    [
      'rate_limited',
      (line: Line) => {
        line.link.send('{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"}}')
        line.link.socket.close()
      },
    ],
    [
      'maintenance',
      (line: Line) => {
        line.link.send('{"jsonrpc":"2.0","error":{"code":11051,"message":"system_maintenance"}}')
        line.link.socket.close()
      },
    ],
  ] as const)('by %s is counted so, and a new one resubscribes everything', async (reason, end) => {
    const line = await connected()
    line.link.send(frames.picture())
    await eventually(() => line.sink.books.length === 1)
    end(line)
    const next = await reconnected(line, reason, 2)
    expect(next.of('public/set_heartbeat')).toHaveLength(1)
    expect(next.of('public/subscribe').map(({ params }) => params)).toEqual([
      { channels: [BTC_PICTURES, BTC_TRADES] },
    ])
    next.send(frames.picture({ changeId: 70_000_000_200 }))
    await eventually(() => line.sink.books.length === 2)
    expect(line.sink.books.at(-1)?.answers).toBe('subscribe')
    expect(line.metrics.connects.cell({ result: 'ok' }).value).toBe(2)
  })

  it('comes to a connection that subscribed a second time in a row without more calls than the first', async () => {
    const line = await connected()
    for (let number = 2; number <= 6; number++) {
      line.exchange.links.at(-1)?.socket.close(1001)
      await eventually(
        () => line.metrics.disconnects.cell({ reason: 'server_close' }).value === number - 1,
      )
      line.clock.advance(1)
      const link = await line.exchange.link(number)
      await link.called('public/subscribe')
      await eventually(() => line.line.subscriptions.acknowledgedCount === 2)
      expect(link.of('public/subscribe')).toHaveLength(1)
    }
  })

  it('is made by us where no frame of any kind comes, after asking for one', async () => {
    const line = await connected({ deadAfterMs: 5000 })
    line.exchange.answer = () => null
    line.clock.advance(1250)
    await line.link.called('public/test')
    line.clock.advance(3000)
    expect(line.line.isConnected).toBe(true)
    line.clock.advance(1000)
    await reconnected(line, 'no_frames', 2)
  })

  it('does not come while the exchange answers our test, though nothing else happens', async () => {
    const line = await connected({ deadAfterMs: 5000 })
    for (let second = 1; second <= 20; second++) {
      const before = line.metrics.frames.cell({ kind: 'response' }).value
      line.clock.advance(1250)
      await eventually(() => line.metrics.frames.cell({ kind: 'response' }).value > before)
    }
    expect(line.line.isConnected).toBe(true)
    expect(line.exchange.links).toHaveLength(1)
  })

  it('is asked for in time also where the bound is a second', async () => {
    const line = await connected({ deadAfterMs: 1000 })
    for (let second = 1; second <= 20; second++) {
      const before = line.metrics.frames.cell({ kind: 'response' }).value
      line.clock.advance(500)
      await eventually(() => line.metrics.frames.cell({ kind: 'response' }).value > before)
    }
    expect(line.exchange.links).toHaveLength(1)
  })

  it('is asked for the time eight times at first, and then left alone while frames come', async () => {
    const line = await connected()
    for (let number = 1; number <= 20; number++) {
      line.link.send(frames.picture({ changeId: number }))
      await eventually(() => line.sink.books.length === number)
      line.clock.advance(500)
    }
    expect(line.link.of('public/test')).toHaveLength(8)
  })
})

describe('a stop', () => {
  it('closes the connection, counts it, and nothing connects again', async () => {
    const line = await connected()
    line.line.stop()
    line.line.stop()
    await eventually(() => line.link.isClosed)
    await eventually(() => line.metrics.disconnects.cell({ reason: 'shutdown' }).value === 1)
    line.clock.advance(600_000)
    expect(line.exchange.links).toHaveLength(1)
    expect([line.line.isConnected, line.line.problem]).toEqual([false, 'stopped'])
    expect(line.clock.pendingTimers).toBe(0)
  })

  it('while it waits to connect again ends the waiting', async () => {
    const exchange = await FakeDeribit.start()
    exchange.refuseWith = 503
    const { line, clock, metrics } = lineTo(exchange.url)
    line.start()
    await eventually(() => metrics.connects.cell({ result: 'http_5xx' }).value === 1)
    line.stop()
    clock.advance(600_000)
    expect(exchange.refusedCount).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is not undone by the late end of the old connection when it starts again at once', async () => {
    const line = await connected()
    line.line.stop()
    line.line.start()
    const next = await line.exchange.link(2)
    await next.called('public/subscribe')
    await eventually(() => line.link.isClosed)
    await eventually(() => line.metrics.disconnects.cell({ reason: 'shutdown' }).value === 1)
    line.clock.advance(500)
    next.send(frames.picture())
    await eventually(() => line.sink.books.length === 1)
    expect(line.exchange.links).toHaveLength(2)
    expect(line.line.subscriptions.acknowledgedCount).toBe(2)
  })
})

describe('a connection that cannot be made', () => {
  it.each([
    [429, 'http_429'],
    [503, 'http_5xx'],
    [403, 'http_other'],
  ] as const)(
    'by HTTP %i is counted as %s, and tried again until it can',
    async (status, result) => {
      const exchange = await FakeDeribit.start()
      exchange.refuseWith = status
      const { line, clock, metrics } = lineTo(exchange.url)
      line.start()
      for (let attempt = 1; attempt <= 5; attempt++) {
        await eventually(() => metrics.connects.cell({ result }).value === attempt)
        expect(line.problem).toBe(`cannot connect: ${result}: HTTP status ${status}`)
        if (attempt === 5) exchange.refuseWith = null
        clock.advance(1)
      }
      await (await exchange.link(1)).called('public/subscribe')
      expect([line.isConnected, line.problem]).toEqual([true, null])
      expect(exchange.refusedCount).toBe(5)
    },
  )

  it('because nobody listens is counted as refused', async () => {
    const exchange = await FakeDeribit.start()
    const { url } = exchange
    await exchange.stop()
    const { line, clock, metrics } = lineTo(url)
    line.start()
    await eventually(() => metrics.connects.cell({ result: 'refused' }).value === 1)
    clock.advance(1)
    await eventually(() => metrics.connects.cell({ result: 'refused' }).value === 2)
  })

  it('because the other end speaks no TLS is counted as tls', async () => {
    const exchange = await FakeDeribit.start()
    const { line, metrics } = lineTo(exchange.url.replace('ws://', 'wss://'))
    line.start()
    await eventually(() => metrics.connects.cell({ result: 'tls' }).value === 1)
  })

  it('because the other end never answers is a timeout', async () => {
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    registerCleanUp(() => mute.close())
    mute.on('connection', (socket) => registerCleanUp(() => socket.destroy()))
    const events = { onMessage: () => {}, onRoundTrip: () => {}, onClose: () => {} }
    const connection = new Connection(
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

describe('a book that fell silent', () => {
  const SILENCE_MS = 60_000

  /** Lets time pass while the connection proves itself. */
  async function pass(line: Line, ms: number) {
    for (let passed = 0; passed < ms; passed += 1000) {
      line.link.send(frames.HEARTBEAT)
      const before = line.metrics.frames.cell({ kind: 'heartbeat' }).value
      await eventually(() => line.metrics.frames.cell({ kind: 'heartbeat' }).value > before, {
        intervalMs: 1,
      })
      line.clock.advance(1000)
    }
  }

  /** Lets time pass until the silent book is asked for anew, and its subscription was renewed. */
  async function probed(line: Line) {
    await eventually(async () => {
      await pass(line, 1000)
      return line.link.of('public/unsubscribe').length > 0
    })
    await line.link.called('public/subscribe', 2)
    await eventually(() => line.line.subscriptions.missing().length === 0)
  }

  it('is resubscribed, unsubscribe first, and its snapshot is the answer to that', async () => {
    const line = await connected({ silenceMs: SILENCE_MS })
    line.link.send(frames.picture())
    await eventually(() => line.sink.books.length === 1)
    const heardMs = line.clock.monotonicMs()
    await probed(line)
    expect(line.clock.monotonicMs() - heardMs).toBeGreaterThanOrEqual(SILENCE_MS)
    expect(line.clock.monotonicMs() - heardMs).toBeLessThan(SILENCE_MS + 15_000)
    expect((await line.link.called('public/unsubscribe')).params).toEqual({
      channels: [BTC_PICTURES],
    })
    expect((await line.link.called('public/subscribe', 2)).params).toEqual({
      channels: [BTC_PICTURES],
    })
    line.link.send(frames.picture())
    await eventually(() => line.sink.books.length === 2)
    expect(line.sink.books[1]?.answers).toBe('probe')
    expect(line.sink.failedProbes).toEqual([])
  })

  it('without a snapshot within 5 s of that is reported', async () => {
    const line = await connected({ silenceMs: SILENCE_MS })
    line.link.send(frames.picture())
    await probed(line)
    expect(line.sink.failedProbes).toEqual([])
    await pass(line, 6000)
    expect(line.sink.failedProbes).toEqual([BTC_PICTURES])
  })

  it('whose unsubscribe is not answered verifies nothing, and is reported', async () => {
    const line = await connected({ silenceMs: SILENCE_MS, deadAfterMs: 1e9 })
    line.link.send(frames.picture())
    await eventually(() => line.sink.books.length === 1)
    line.exchange.answer = ({ method }) => (method === 'public/unsubscribe' ? null : undefined)
    await eventually(async () => {
      await pass(line, 1000)
      return line.sink.failedProbes.length > 0
    })
    expect(line.sink.failedProbes).toEqual([BTC_PICTURES])
    expect(line.exchange.links).toHaveLength(1)
  })

  it('and was then not acknowledged is asked for again on the same connection', async () => {
    const line = await connected({ silenceMs: SILENCE_MS })
    line.link.send(frames.picture())
    line.exchange.answer = ({ id, method }) =>
      method === 'public/subscribe' ? frames.answer(id, '[]') : undefined
    await pass(line, SILENCE_MS + 10_000)
    await line.link.called('public/subscribe', 2)
    line.exchange.answer = () => undefined
    await pass(line, SILENCE_MS + 30_000)
    expect(line.exchange.links).toHaveLength(1)
    await line.link.called('public/subscribe', 3)
    await eventually(() => line.line.subscriptions.missing().length === 0)
  })

  it('is no trades channel: those may be quiet', async () => {
    const line = await connected({ channels: [BTC_TRADES], silenceMs: SILENCE_MS })
    await pass(line, SILENCE_MS + 30_000)
    expect(line.link.of('public/unsubscribe')).toEqual([])
  })
})

describe('a resync', () => {
  const RESYNC_ANSWER_MS = 5000

  it('is an unsubscribe, its acknowledgement, a subscribe and a snapshot', async () => {
    const line = await connected({ channels: [BTC_CHANGES] })
    line.link.send(frames.snapshot())
    await eventually(() => line.sink.books.length === 1)
    let release = ''
    line.exchange.answer = (request) => {
      if (request.method !== 'public/unsubscribe') return undefined
      release = usualAnswer(request)
      return null
    }
    line.line.resync(BTC_CHANGES, 'gap')
    await line.link.called('public/unsubscribe')
    expect(line.link.of('public/subscribe')).toHaveLength(1)
    line.link.send(release)
    expect((await line.link.called('public/subscribe', 2)).params).toEqual({
      channels: [BTC_CHANGES],
    })
    line.link.send(frames.snapshot({ changeId: 70_000_000_200 }))
    await eventually(() => line.sink.books.length === 2)
    expect(line.sink.books[1]?.answers).toBe('resync')
    expect(line.metrics.resyncs.cell({ reason: 'gap' }).value).toBe(1)
  })

  it('is made once while its answer is awaited', async () => {
    const line = await connected({ channels: [BTC_CHANGES] })
    line.link.send(frames.snapshot())
    await eventually(() => line.sink.books.length === 1)
    line.exchange.answer = ({ method }) => (method === 'public/subscribe' ? null : undefined)
    line.line.resync(BTC_CHANGES, 'gap')
    await line.link.called('public/subscribe', 2)
    line.line.resync(BTC_CHANGES, 'gap')
    line.line.resync(BTC_CHANGES, 'invalid_frame')
    expect(line.metrics.resyncs.cell({ reason: 'gap' }).value).toBe(1)
    expect(line.metrics.resyncs.cell({ reason: 'invalid_frame' }).value).toBe(0)
  })

  it('is made again where its answer came and could not be read', async () => {
    const line = await connected({ channels: [BTC_CHANGES] })
    line.link.send(frames.snapshot())
    await eventually(() => line.sink.books.length === 1)
    line.line.resync(BTC_CHANGES, 'gap')
    await line.link.called('public/subscribe', 2)
    await eventually(() => line.line.subscriptions.isAcknowledged(BTC_CHANGES))
    line.line.resync(BTC_CHANGES, 'invalid_frame')
    line.link.send(frames.snapshot().replace('"bids"', '"bid"'))
    await eventually(() => line.sink.broken.length === 1)
    line.line.resync(BTC_CHANGES, 'invalid_frame')
    await line.link.called('public/subscribe', 3)
    expect(line.metrics.resyncs.cell({ reason: 'invalid_frame' }).value).toBe(1)
  })

  it('whose unsubscribe is not answered ends the connection', async () => {
    const line = await connected({ channels: [BTC_CHANGES], deadAfterMs: 1e9 })
    line.link.send(frames.snapshot())
    await eventually(() => line.sink.books.length === 1)
    line.exchange.answer = ({ method }) => (method === 'public/unsubscribe' ? null : undefined)
    for (let asked = 0; asked < 20; asked += 1) line.line.resync(BTC_CHANGES, 'gap')
    await line.link.called('public/unsubscribe')
    line.clock.advance(RESYNC_ANSWER_MS)
    await reconnected(line, 'error', 2)
    expect(line.link.of('public/unsubscribe')).toHaveLength(1)
  })

  it('without a snapshot within 5 s ends the connection', async () => {
    const line = await connected({ channels: [BTC_CHANGES], deadAfterMs: 1e9 })
    line.link.send(frames.snapshot())
    await eventually(() => line.sink.books.length === 1)
    line.line.resync(BTC_CHANGES, 'gap')
    await line.link.called('public/subscribe', 2)
    await eventually(() => line.line.subscriptions.missing().length === 0)
    // The wait begins with the acknowledgement, which is a step behind.
    await eventually(() => {
      line.clock.advance(RESYNC_ANSWER_MS / 10)
      return line.link.isClosed
    })
    await reconnected(line, 'error', 2)
  })

  it('goes out at once three times in ten seconds, then together with others', async () => {
    const channels = Array.from({ length: 20 }, (_, number) => `book.I${number}.100ms`)
    const line = await connected({ channels, deadAfterMs: 1e9 })
    for (const [number] of channels.entries()) {
      line.link.send(frames.snapshot({ instrument: `I${number}` }))
    }
    await eventually(() => line.sink.books.length === 20)
    for (const channel of channels) line.line.resync(channel, 'gap')
    await line.link.called('public/unsubscribe', 3)
    expect(line.link.of('public/unsubscribe').map(({ params }) => params.channels)).toEqual(
      channels.slice(0, 3).map((channel) => [channel]),
    )
    for (let number = 0; number < 3; number++) {
      await line.link.called('public/subscribe', 2 + number)
      line.link.send(frames.snapshot({ instrument: `I${number}`, changeId: 70_000_000_200 }))
    }
    await eventually(() => line.sink.books.length === 23)
    line.clock.advance(10_000)
    const batch = await line.link.called('public/unsubscribe', 4)
    expect(batch.params.channels).toEqual(channels.slice(3))
  })

  it('of more than fifty channels at a time ends the connection instead', async () => {
    const channels = Array.from({ length: 60 }, (_, number) => `book.I${number}.100ms`)
    const line = await connected({ channels, deadAfterMs: 1e9 })
    for (const [number] of channels.entries()) {
      line.link.send(frames.snapshot({ instrument: `I${number}` }))
    }
    await eventually(() => line.sink.books.length === 60)
    for (const channel of channels) line.line.resync(channel, 'gap')
    await eventually(() => line.link.isClosed)
    await reconnected(line, 'error', 2)
    expect(line.metrics.resyncs.cell({ reason: 'overflow' }).value).toBeGreaterThan(0)
  })

  it('asks for nothing while there is no connection', () => {
    const { line, metrics } = lineTo('ws://127.0.0.1:9/')
    line.resync(BTC_CHANGES, 'gap')
    expect(metrics.resyncs.cell({ reason: 'gap' }).value).toBe(0)
  })
})
