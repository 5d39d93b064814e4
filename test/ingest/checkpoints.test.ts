import { describe, expect, it } from 'vitest'
import { parseRecordValue } from '../../src/deribit/record-parser.ts'
import type { OutgoingRecord } from '../../src/model/topic.ts'
import * as frames from '../support/frames.ts'
import { CHECKPOINT_MS, SNAPSHOT_MS, stageOne } from './stage-one.ts'

const { picture, snapshot, change, BTC, BTC_PICTURES, BTC_CHANGES, ETH } = frames

/** The channels are looked through this often. */
const TICK_MS = 100

function started(...texts: string[]) {
  const stage = stageOne()
  stage.checkpoints.start()
  for (const text of texts) stage.receive(text)
  stage.taken()
  return stage
}

/** Waits until every channel has just had a whole checkpoint; that moment hangs on its name. */
function settled(...texts: string[]) {
  const stage = started(...texts)
  stage.clock.advance(SNAPSHOT_MS)
  for (const track of stage.tracks.all()) {
    track.lastSnapshotMonotonicMs = stage.clock.monotonicMs()
    track.lastRecordMonotonicMs = stage.clock.monotonicMs()
  }
  stage.taken()
  return stage
}

function contentOf(record: OutgoingRecord | undefined) {
  if (record === undefined) throw new Error('no record')
  const parsed = parseRecordValue(record.value)
  if (!parsed.ok || parsed.frame.type !== 'book') throw new Error('no book frame')
  return parsed.frame
}

const wordsOf = (records: OutgoingRecord[]) =>
  records.map(({ headers }) => headers?.['instrument-state'] ?? null)

describe('a quiet grouped book', () => {
  it('has its last snapshot sent again, byte for byte, after the interval and not before', () => {
    const text = picture({ changeId: 2 })
    const { taken, clock, checkpoints, receive } = settled(picture({ changeId: 1 }))
    receive(text)
    taken()
    clock.advance(CHECKPOINT_MS - TICK_MS)
    expect(taken()).toEqual([])
    clock.advance(TICK_MS)
    expect(taken()).toEqual([
      {
        topic: 'prices',
        key: BTC,
        channel: BTC_PICTURES,
        value: Buffer.from(text),
        timestampMs: clock.nowMs(),
        kind: 'checkpoint',
        isWhole: true,
        headers: {
          kind: 'checkpoint',
          'verified-at-ms': String(clock.nowMs()),
          'producer-id': checkpoints.producerId,
        },
        receivedMonotonicMs: clock.monotonicMs(),
      },
    ])
  })

  it('has one each interval, for ever', () => {
    const { taken, clock } = settled(picture())
    clock.advance(600_000)
    const records = taken()
    expect(records.length).toBeGreaterThanOrEqual(Math.floor(600_000 / (CHECKPOINT_MS + TICK_MS)))
    expect(records.every(({ kind }) => kind === 'checkpoint')).toBe(true)
  })

  it('carries the offset of the exchange’s clock where it is known', () => {
    const { taken, clock, feed } = settled(picture())
    feed.offset = { offsetMs: -12.3456, uncertaintyMs: 1.5, roundTripMs: 3 }
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(taken()[0]?.headers).toMatchObject({
      'clock-offset-ms': '-12.346',
      'clock-uncertainty-ms': '1.500',
    })
  })
})

describe('a busy book', () => {
  it('has a checkpoint only once each long interval', () => {
    const { taken, clock, receive } = settled(picture({ changeId: 1 }))
    for (let changeId = 2; changeId < 2 + 900; changeId++) {
      receive(picture({ changeId }))
      clock.advance(100)
    }
    const kinds = taken().map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'frame')).toHaveLength(900)
    expect(kinds.filter((kind) => kind === 'checkpoint')).toHaveLength(3)
  })

  it('has it at another moment than others have theirs', () => {
    const stage = stageOne()
    stage.checkpoints.start()
    const names = Array.from({ length: 300 }, (_, number) => `I${number}-PERPETUAL`)
    const firsts = new Map<string, number>()
    for (let elapsedMs = 0; elapsedMs < SNAPSHOT_MS; elapsedMs += 1000) {
      for (const instrument of names)
        stage.receive(picture({ instrument, changeId: elapsedMs + 1 }))
      stage.taken()
      stage.clock.advance(1000)
      for (const { key, kind } of stage.taken()) {
        if (kind === 'checkpoint' && !firsts.has(key)) firsts.set(key, elapsedMs)
      }
    }
    expect(firsts.size).toBe(300)
    const bySecond = [...firsts.values()].reduce<Record<number, number>>(
      (counts, second) => ({ ...counts, [second]: (counts[second] ?? 0) + 1 }),
      {},
    )
    // 10 a second on average.
    expect(Math.max(...Object.values(bySecond))).toBeLessThan(40)
  })
})

describe('an incremental book', () => {
  const BOOK = [
    snapshot({ changeId: 100, exchangeTimeMs: 1000 }),
    change({
      changeId: 150,
      prevChangeId: 100,
      exchangeTimeMs: 1200,
      bids: [['delete', 60_999.5, 0]],
      asks: [['new', 60_999.5, 0.5]],
    }),
  ]

  it('has an empty change of its last id where it is quiet', () => {
    const { taken, clock } = settled(...BOOK)
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(contentOf(taken()[0])).toEqual({
      type: 'book',
      kind: 'change',
      channel: BTC_CHANGES,
      instrument: BTC,
      exchangeTimeMs: 1200,
      changeId: 150,
      prevChangeId: 150,
      maxLevels: null,
      bids: [],
      asks: [],
    })
  })

  it('has the whole of our own book each long interval, in the exchange’s shape', () => {
    const { taken, clock } = settled(...BOOK)
    clock.advance(SNAPSHOT_MS + TICK_MS)
    const whole = taken().filter((record) => contentOf(record).kind === 'snapshot')
    expect(whole).toHaveLength(1)
    expect(contentOf(whole[0])).toEqual({
      type: 'book',
      kind: 'snapshot',
      channel: BTC_CHANGES,
      instrument: BTC,
      exchangeTimeMs: 1200,
      changeId: 150,
      prevChangeId: null,
      maxLevels: null,
      bids: [[61_000, 25_000]],
      asks: [[60_999.5, 0.5], ...frames.ASKS],
    })
    expect(JSON.parse(whole[0]?.value.toString() ?? '')).toMatchObject({
      params: { data: { bids: [['new', 61_000, 25_000]] } },
    })
  })

  it('has nothing while its sequence is broken', () => {
    const { taken, clock, receive } = settled(...BOOK)
    receive(change({ changeId: 170, prevChangeId: 160 }))
    taken()
    clock.advance(120_000)
    expect(taken()).toEqual([])
  })

  it('has the whole book at once after a resync', () => {
    const { taken, clock, receive } = settled(...BOOK)
    receive(change({ changeId: 170, prevChangeId: 160 }))
    receive(snapshot({ changeId: 180 }), 'resync')
    taken()
    clock.advance(TICK_MS)
    expect(contentOf(taken()[0])).toMatchObject({ kind: 'snapshot', changeId: 180 })
  })
})

describe('a checkpoint that would not be true', () => {
  it('is never sent before the first snapshot', () => {
    const { taken, clock, receive } = started()
    receive(change())
    taken()
    clock.advance(120_000)
    expect(taken()).toEqual([])
  })

  it('is not sent once the connection was not verified within the interval', () => {
    const { taken, clock, feed } = settled(picture())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(120_000)
    const records = taken()
    expect(records.length).toBeLessThanOrEqual(1)
    feed.isAlive = true
    clock.advance(TICK_MS)
    expect(taken()).toHaveLength(1)
  })

  it('says when the connection was last heard, which is not the time of sending', () => {
    const { taken, clock, feed } = settled(picture())
    clock.advance(500)
    taken()
    const heardMs = feed.lastFrame()?.timeMs
    feed.isAlive = false
    clock.advance(1900)
    for (const { headers } of taken()) expect(headers?.['verified-at-ms']).toBe(String(heardMs))
  })

  it.each([
    ['wrong levels', picture({ changeId: 70_000_000_200 }).replace('61002.0', '61000.5')],
    ['a broken frame', picture().replace('"bids"', '"bid"')],
  ])('is not sent after %s, until the next good snapshot', (_what, wrong) => {
    const { taken, clock, receive } = settled(picture())
    receive(wrong)
    clock.advance(20_000)
    expect(taken()).toEqual([])
    receive(picture({ changeId: 70_000_000_201 }))
    taken()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(taken()).toHaveLength(1)
  })

  it('is sent again when the next good snapshot shows that the market had not moved', () => {
    const { taken, clock, receive } = settled(picture())
    receive(picture().replace('"bids"', '"bid"'))
    receive(picture(), 'resync')
    taken()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(taken()).toHaveLength(1)
  })

  it('is not sent again for an older snapshot that turns up late', () => {
    const { taken, clock, receive } = settled(picture({ changeId: 8 }), picture({ changeId: 9 }))
    receive(picture({ changeId: 10 }).replace('"bids"', '"bid"'))
    receive(picture({ changeId: 8 }))
    taken()
    clock.advance(60_000)
    expect(taken()).toEqual([])
  })

  it.each([
    ['a picture', picture()],
    ['a snapshot', snapshot()],
  ])(
    'is not sent after a probe without answer, and sent again with %s that is unchanged',
    (_what, text) => {
      const { taken, clock, receive, ingest } = settled(text)
      ingest.onProbeFailed(BTC_PICTURES)
      ingest.onProbeFailed(BTC_CHANGES)
      clock.advance(60_000)
      expect(taken()).toEqual([])
      receive(text, 'probe')
      taken()
      clock.advance(CHECKPOINT_MS + TICK_MS)
      expect(taken().length).toBeGreaterThanOrEqual(1)
    },
  )

  it('is not sent for a channel that was dropped', () => {
    const { taken, clock, ingest } = settled(picture())
    ingest.onDropped(BTC_PICTURES)
    clock.advance(120_000)
    expect(taken()).toEqual([])
  })

  it('is not sent after a stop', () => {
    const { taken, clock, checkpoints } = settled(picture())
    checkpoints.stop()
    clock.advance(120_000)
    expect(taken()).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the instrument status', () => {
  it('goes out at once, with the last snapshot, and in every checkpoint from then', () => {
    const { taken, clock, ingest } = settled(picture())
    ingest.onInstrumentWord(BTC, 'settlement')
    expect(wordsOf(taken())).toEqual(['settlement'])
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(wordsOf(taken())).toEqual(['settlement'])
    ingest.onInstrumentWord(BTC, 'open')
    expect(wordsOf(taken())).toEqual(['open'])
  })

  it('goes out only once, and not for other instruments', () => {
    const { taken, ingest } = settled(picture(), picture({ instrument: ETH }))
    for (let repeat = 0; repeat < 5; repeat++) ingest.onInstrumentWord(BTC, 'halted')
    expect(taken().map(({ key }) => key)).toEqual([BTC])
  })

  it('that an instrument is open is no news for one that was never anything else', () => {
    const { taken, ingest } = settled(picture())
    ingest.onInstrumentWord(BTC, 'open')
    expect(taken()).toEqual([])
  })

  it('of maintenance goes out for every instrument, and its end too', () => {
    const { taken, ingest } = settled(picture(), picture({ instrument: ETH }))
    ingest.onMaintenance(true)
    expect(wordsOf(taken())).toEqual(['maintenance', 'maintenance'])
    ingest.onMaintenance(true)
    expect(taken()).toEqual([])
    ingest.onMaintenance(false)
    expect(wordsOf(taken())).toEqual(['open', 'open'])
  })

  it('of maintenance ends with news on a connection that it should have ended, or after an hour', () => {
    const { ingest, receive, words, clock } = started()
    receive(picture({ changeId: 1 }))
    ingest.onMaintenance(true)
    clock.advance(9000)
    receive(picture({ changeId: 2 }))
    expect(words.isMaintenance).toBe(true)
    clock.advance(2000)
    receive(picture({ changeId: 3 }))
    expect(words.isMaintenance).toBe(false)
    ingest.onMaintenance(true)
    clock.advance(3_599_000)
    expect(words.isMaintenance).toBe(true)
    clock.advance(1000)
    expect(words.isMaintenance).toBe(false)
  })

  it('that was known before the first snapshot goes out with it', () => {
    const { ingest, receive, taken } = started()
    ingest.onInstruments([
      {
        instrument: BTC,
        kind: 'future',
        baseCurrency: 'BTC',
        quoteCurrency: 'USD',
        amountUnit: 'USD',
        tickSize: 0.5,
        priceIndex: 'btc_usd',
        word: 'locked',
      },
    ])
    receive(picture(), 'subscribe')
    expect(taken().map(({ kind, headers }) => [kind, headers?.['instrument-state']])).toEqual([
      ['frame', undefined],
      ['checkpoint', 'locked'],
    ])
  })

  it('that could not be published for lack of a verification is published as soon as there is one', () => {
    const { ingest, receive, taken, feed, clock } = started()
    receive(picture())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(CHECKPOINT_MS + 1)
    taken()
    ingest.onInstrumentWord(BTC, 'halted')
    expect(wordsOf(taken())).toEqual([])
    feed.isAlive = true
    clock.advance(TICK_MS)
    expect(wordsOf(taken())).toEqual(['halted'])
  })

  it('of locked indices is that of the newest list, and of no other', () => {
    const { ingest, receive, words } = started()
    receive(picture())
    words.setPriceIndex(BTC, 'btc_usd')
    ingest.onIndexLock('btc_usd', true)
    expect(words.of(BTC)).toBe('locked')
    ingest.onLockedIndices([])
    expect(words.of(BTC)).toBeNull()
    ingest.onLockedIndices(['btc_usd'])
    expect(words.of(BTC)).toBe('locked')
  })

  it('of maintenance ends also with the snapshot of before, once a new connection shows it', () => {
    const { ingest, receive, taken, words } = started()
    receive(picture())
    taken()
    ingest.onMaintenance(true)
    taken()
    receive(picture())
    expect(words.isMaintenance).toBe(true)
    taken()
    receive(picture(), 'subscribe')
    expect(words.isMaintenance).toBe(false)
    expect(wordsOf(taken())).toContain('open')
  })

  it('of maintenance ends with the first snapshot of a new connection, should the end go unheard', () => {
    const { taken, clock, ingest, receive, words } = settled(picture())
    ingest.onMaintenance(true)
    clock.advance(60_000)
    receive(picture({ changeId: 70_000_000_300 }), 'subscribe')
    taken()
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(wordsOf(taken())).toEqual(['open'])
    expect(words.isMaintenance).toBe(false)
  })

  it('of a locked price index goes out for its instruments, and its end too', () => {
    const { taken, ingest, words, clock } = settled(picture(), picture({ instrument: ETH }))
    words.setPriceIndex(BTC, 'btc_usd')
    words.setPriceIndex(ETH, 'eth_usd')
    ingest.onIndexLock('btc_usd', true)
    expect(taken().map(({ key, headers }) => [key, headers?.['instrument-state']])).toEqual([
      [BTC, 'locked'],
    ])
    ingest.onIndexLock('btc_usd', true)
    ingest.onIndexLock('sol_usd', true)
    expect(taken()).toEqual([])
    ingest.onIndexLock('btc_usd', false)
    expect(wordsOf(taken())).toEqual(['open'])
    clock.advance(CHECKPOINT_MS + TICK_MS)
    expect(wordsOf(taken().filter(({ key }) => key === BTC))).toEqual(['open'])
  })

  it('goes out as soon as the connection is verified again', () => {
    const { taken, clock, ingest, feed } = settled(picture())
    feed.lastFrame()
    feed.isAlive = false
    clock.advance(CHECKPOINT_MS + 1000)
    taken()
    ingest.onInstrumentWord(BTC, 'halted')
    expect(taken()).toEqual([])
    feed.isAlive = true
    clock.advance(CHECKPOINT_MS)
    expect(wordsOf(taken())).toEqual(['halted'])
  })
})

describe('a sequence that the full queue dropped', () => {
  it('restarts from our own book, as soon as the producer has room', () => {
    const { taken, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 6, prevChangeId: 5 }))
    taken()
    producer.cut.add(BTC_CHANGES)
    clock.advance(TICK_MS)
    const [record, ...others] = taken()
    expect(others).toEqual([])
    expect(record).toMatchObject({ kind: 'checkpoint', isWhole: true, channel: BTC_CHANGES })
    expect(JSON.parse(String(record?.value))).toMatchObject({
      params: { data: { type: 'snapshot', change_id: 6 } },
    })
    clock.advance(TICK_MS)
    expect(taken()).toEqual([])
  })

  it('is tried less and less often while the topic does not take our book', () => {
    const { taken, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 6, prevChangeId: 5 }))
    taken()
    let tries = 0
    for (let passedMs = 0; passedMs < 60_000; passedMs += TICK_MS) {
      producer.cut.add(BTC_CHANGES)
      clock.advance(TICK_MS)
      tries += taken().length
    }
    // 1, 2, 4 s and so on, and the ordinary checkpoints of a minute.
    expect(tries).toBeGreaterThan(5)
    expect(tries).toBeLessThan(50)
  })

  it('waits while our own book is not whole', () => {
    const { taken, clock, producer, receive } = settled(snapshot({ changeId: 5 }))
    receive(change({ changeId: 9, prevChangeId: 8 }))
    taken()
    producer.cut.add(BTC_CHANGES)
    clock.advance(CHECKPOINT_MS)
    expect(taken()).toEqual([])
  })
})
