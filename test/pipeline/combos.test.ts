import { describe, expect, it } from 'vitest'
import { FakeDeribit, usualAnswer, type FakeLink, type Request } from '../deribit/fake-deribit.ts'
import { instrumentJson } from '../deribit/instruments/infos.ts'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { startService } from './running-service.ts'

const COMBO = 'BTC-FS-25DEC26_PERP'
const FIRST_ID = 70_000_000_100
const INFO = instrumentJson(COMBO, { kind: 'future_combo', tick_size: 0.5 })

/** Tops of the futures spread: far below 0, at 0 and back. */
const TOPS = [
  [-120, -119.5],
  [-0.5, 0],
  [-0.5, 0.5],
  [-121, -120.5],
] as const

/** An exchange whose combo moves to the next top with each call of `next`. */
async function startExchange(mode: 'grouped' | 'incremental') {
  const exchange = await FakeDeribit.start()
  const channel = mode === 'grouped' ? `book.${COMBO}.none.10.100ms` : `book.${COMBO}.100ms`
  let step = 0
  const send = (link: FakeLink) => {
    const [bid, ask] = TOPS[step % TOPS.length] ?? TOPS[0]
    const [oldBid, oldAsk] = TOPS[(step + TOPS.length - 1) % TOPS.length] ?? TOPS[0]
    const place = { instrument: COMBO, changeId: FIRST_ID + step, exchangeTimeMs: Date.now() }
    const sides = { bids: [[bid, 10]], asks: [[ask, 30]] } as const
    if (mode === 'grouped') link.send(frames.groupedSnapshot({ ...place, ...sides }))
    else if (step === 0) link.send(frames.snapshot({ ...place, ...sides }))
    else {
      link.send(
        frames.change({
          ...place,
          prevChangeId: place.changeId - 1,
          bids: [
            ['delete', oldBid, 0],
            ['new', bid, 10],
          ],
          asks: [
            ['delete', oldAsk, 0],
            ['new', ask, 30],
          ],
        }),
      )
    }
    step += 1
  }
  exchange.answer = (request: Request, link) => {
    const { id, method, params } = request
    if (method === 'public/get_instrument') return frames.answer(id, JSON.stringify(INFO))
    if (method !== 'public/subscribe' || params.channels?.includes(channel) !== true) {
      return undefined
    }
    link.send(usualAnswer(request))
    send(link)
    return null
  }
  return {
    exchange,
    next: async () => send(await exchange.link(1)),
    trade: async (price: number) => {
      const link = await exchange.link(1)
      const one = frames.trade({ instrument: COMBO, price, exchangeTimeMs: Date.now() })
      link.send(frames.trades([one], `trades.${COMBO}.100ms`))
    },
  }
}

describe.each(['grouped', 'incremental'] as const)('a combo named in INSTRUMENTS, %s', (mode) => {
  it('is live at prices below, at and around 0, without a resync', async () => {
    const { exchange, next, trade } = await startExchange(mode)
    const service = await startService({
      DERIBIT_URL: exchange.url,
      INSTRUMENTS: COMBO,
      BOOK_MODE: mode,
      METRICS_DETAIL: 'full',
    })
    for (const [index, [bid, ask]] of TOPS.entries()) {
      if (index > 0) await next()
      const mid = (bid + ask) / 2
      const book = await eventually(async () => {
        const answer = await service.snapshot(COMBO)
        const isThere = answer.bestBid?.price === bid && answer.bestAsk?.price === ask
        return isThere && answer.state === 'live' ? answer : false
      })
      expect(book).toMatchObject({
        bestAsk: { price: ask, amount: 30 },
        midPrice: mid,
        spread: ask - bid,
        spreadRatio: null,
        imbalance: { '1': -0.5 },
        amountUnit: 'USD',
        bids: [[bid, 10]],
      })
      expect(Object.values(book.bands)).toContainEqual(
        expect.objectContaining({ bid: null, ask: null, imbalance: null }),
      )
      const { series } = await service.metrics()
      expect(series.get(`orderbook_mid_price{instrument=${COMBO}}`)).toBe(mid)
      expect(series.get(`orderbook_best_price{instrument=${COMBO},side=bid}`)).toBe(bid)
      const numbers = [...series].filter(([name]) => name.startsWith('orderbook_'))
      expect(numbers.filter(([name]) => name.startsWith('orderbook_spread_ratio'))).toEqual([])
      expect(numbers.filter(([name]) => name.includes('_band_bps'))).toEqual([])
      expect(numbers.filter(([, value]) => !Number.isFinite(value))).toEqual([])
    }
    await trade(-120.5)
    await eventually(async () => {
      const { lastTrade } = (await (await service.get(`/api/v1/snapshots/${COMBO}`)).json()) as {
        lastTrade: { price: number } | null
      }
      expect(lastTrade?.price).toBe(-120.5)
    })
    const { series } = await service.metrics()
    const counted = ['resyncs', 'rejected_updates', 'feed_invalid_frames', 'invalid_records']
    for (const name of counted) {
      const values = [...series].filter(([key]) => key.startsWith(`orderbook_${name}_total{`))
      expect(values.length, name).toBeGreaterThan(0)
      expect(
        values.filter(([, value]) => value !== 0),
        name,
      ).toEqual([])
    }
    expect(exchange.links[0]?.of('public/unsubscribe')).toEqual([])
  })
})
