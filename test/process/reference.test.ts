import { describe, expect, it } from 'vitest'
import { BTC } from '../support/frames.ts'
import {
  readRecording,
  recordedFrames,
  type RecordedNotification,
} from '../support/recorded-frames.ts'
import { needsRecordings } from '../support/recordings.ts'
import { amountWithin, isNear, ReferenceBooks } from '../support/reference-books.ts'
import { processFixture } from './process-fixture.ts'

/** Sends every book frame of a recording, and compares the readings with the reference after each. */
function compare(name: string, wants: (channel: string) => boolean): Record<string, number> {
  const fixture = processFixture()
  const reference = new ReferenceBooks()
  const seen: Record<string, number> = {}
  let frames = 0
  for (const raw of recordedFrames(name)) {
    const { params } = JSON.parse(raw) as RecordedNotification
    const channel = params?.channel ?? ''
    if (params === undefined || !channel.startsWith('book.') || !wants(channel)) continue
    const { instrument_name: instrument } = params.data
    fixture.clock.advance(1)
    fixture.send(raw, { key: instrument })
    const { bids, asks, isWhole } = reference.apply(channel, params.data)
    const view = fixture.store.snapshot(instrument, 1000)
    const [bid, ask] = [bids[0], asks[0]]
    const expected = !isWhole
      ? view === null
        ? 'waiting'
        : 'gap'
      : bid === undefined || ask === undefined
        ? 'one_sided'
        : 'live'
    const state = fixture.store.instrument(instrument)?.state ?? 'unknown'
    expect(state, raw.slice(0, 200)).toBe(expected)
    seen[state] = (seen[state] ?? 0) + 1
    if (!isWhole) continue
    // Compare the best levels of a large book each time, and all of them sometimes.
    frames += 1
    const depth = frames % 25 === 1 ? Infinity : 40
    expect(view?.bids.slice(0, depth)).toEqual(bids.slice(0, depth))
    expect(view?.asks.slice(0, depth)).toEqual(asks.slice(0, depth))
    expect([view?.bidLevels, view?.askLevels]).toEqual([bids.length, asks.length])
    expect(view?.changeId).toBe(params.data.change_id)
    expect(view?.exchangeTimeMs).toBe(params.data.timestamp)
    expect(view?.bestBid).toEqual(bid === undefined ? null : { price: bid[0], amount: bid[1] })
    expect(view?.bestAsk).toEqual(ask === undefined ? null : { price: ask[0], amount: ask[1] })
    if (bid === undefined || ask === undefined) {
      expect(fixture.midPrice(instrument)).toBeUndefined()
      continue
    }
    isNear(view?.midPrice, (bid[0] + ask[0]) / 2)
    isNear(fixture.midPrice(instrument), (bid[0] + ask[0]) / 2)
    isNear(view?.weightedMidPrice, (bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1]))
    for (const [index, depth] of [1, 5, 10].entries()) {
      const [b, a] = [amountWithin(bids, depth), amountWithin(asks, depth)]
      isNear(view?.imbalances[index], (b - a) / (b + a))
    }
  }
  return seen
}

const isGrouped = (channel: string) => channel.split('.').length === 5

describe(
  'what readers see after each recorded frame equals the reference',
  needsRecordings(),
  () => {
    it('in grouped snapshots of ten levels, tick by tick', () => {
      expect(compare('btc-perpetual-top10-2019-10-01.jsonl', isGrouped)).toEqual({ live: 57 })
    })

    it('in grouped snapshots each 100 ms', () => {
      const name = 'btc-perpetual-100ms-2019-04-01.derived.jsonl.gz'
      expect(compare(name, isGrouped)).toEqual({ live: 330 })
      expect(compare(name, (channel) => !isGrouped(channel))).toEqual({ live: 373 })
    })

    it('in a full book of a thousand levels, change by change', () => {
      expect(compare('btc-perpetual-raw-2019-04-01.jsonl.gz', () => true)).toEqual({ live: 2764 })
    })

    it('in full books of options, one-sided and empty ones included', () => {
      const seen = compare('options-raw-book-ticker-2021-07-22.jsonl', () => true)
      expect(Object.values(seen).reduce((sum, count) => sum + count, 0)).toBe(46)
      expect(seen['one_sided']).toBeGreaterThan(0)
    })

    it('in full books of futures and options with numbers in scientific form', () => {
      const seen = compare('futures-options-100ms-2026-09-20.jsonl', () => true)
      expect(Object.values(seen).reduce((sum, count) => sum + count, 0)).toBe(60)
    })

    it('in a recording without types that ends in a gap', () => {
      expect(compare('btc-perpetual-raw-2020-06-22-testnet.jsonl', () => true)).toEqual({
        live: 4,
        gap: 1,
      })
    })

    it('in frames of the current format', () => {
      const seen = compare('current-format-frames-2026-09.jsonl', (channel) => !isGrouped(channel))
      expect(Object.values(seen).reduce((sum, count) => sum + count, 0)).toBe(6)
    })

    it('equals the table that came with the recording', () => {
      const [, ...rows] = readRecording('btc-perpetual-raw-2019-04-01.expected.csv.gz')
        .trim()
        .split('\n')
      const frames = recordedFrames('btc-perpetual-raw-2019-04-01.jsonl.gz')
      const fixture = processFixture()
      let line = 0
      for (const row of rows) {
        const expected = row.split(',').map(Number)
        while (line < (expected[0] ?? 0)) fixture.send(frames[line++] ?? '')
        const view = fixture.store.snapshot(BTC, 1)
        const [, , exchangeTimeMs, changeId, bid, bidAmount, ask, askAmount, mid, ...sums] =
          expected
        expect(view).toMatchObject({
          state: 'live',
          exchangeTimeMs,
          changeId,
          bestBid: { price: bid, amount: bidAmount },
          bestAsk: { price: ask, amount: askAmount },
          bidLevels: sums[6],
          askLevels: sums[7],
        })
        isNear(view?.midPrice, mid ?? NaN)
        for (const index of [0, 1, 2]) {
          const [b = NaN, a = NaN] = [sums[2 * index], sums[2 * index + 1]]
          isNear(view?.imbalances[index], (b - a) / (b + a))
        }
      }
      expect(rows).toHaveLength(2764)
    })
  },
)
