import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { createTopicCheck } from '../../../src/app/readiness.ts'
import type { Overflow } from '../../../src/topic/producer/overflow-policy.ts'
import { recordBytes } from '../../../src/topic/producer/queue/record-queue.ts'
import { recordingLogger } from '../../http/fakes.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const QUEUE_RECORDS = 16
const VALUE = Buffer.alloc(20)

const book = (instrument: string, overrides: Partial<OutgoingRecord> = {}) =>
  outgoing({ key: instrument, channel: `book.${instrument}`, value: VALUE, ...overrides })
const trade = () =>
  outgoing({ topic: 'trades', key: 'A', channel: 'trades.A', isWhole: false, value: VALUE })
const RECORD_BYTES = recordBytes(book('K0'))

/** A producer of books and trades whose queue fits 16 books; only the books are writable at first. */
async function booksAndTrades(overflow: Overflow = 'conflate') {
  const logger = recordingLogger()
  const fixture = await producerFixture(
    {
      topics: [
        { name: 'prices', overflow },
        { name: 'trades', overflow: 'refuse', isOptional: true, hasLag: false },
      ],
      batchMaxRecords: 1,
      queueMaxBytes: QUEUE_RECORDS * RECORD_BYTES,
    },
    { partitions: 0, logger },
  )
  const { producer, transport } = fixture
  transport.makeReady('prices', 1)
  const bytesOf = (topic: string) =>
    producer.deliveryCounts().find((counts) => counts.topic === topic)?.bytes ?? 0
  const countsOf = (topic: string) => producer.counts().find((counts) => counts.topic === topic)
  const pendingOf = (topic: string) => transport.pending.filter((send) => send.topic === topic)
  return { ...fixture, logger, bytesOf, countsOf, pendingOf }
}

describe('an optional topic that cannot be written', () => {
  it('uses at most half of the queue and drops its own records, none of the books', async () => {
    const { producer, bytesOf, countsOf } = await booksAndTrades()
    for (let count = 0; count < 4; count += 1) producer.send(book('A'))
    for (let count = 0; count < 100; count += 1) producer.send(trade())
    expect(bytesOf('trades')).toBeLessThanOrEqual((QUEUE_RECORDS / 2) * RECORD_BYTES)
    expect(bytesOf('trades')).toBeGreaterThan((QUEUE_RECORDS / 2 - 1) * RECORD_BYTES)
    const queued = countsOf('trades')?.queued ?? 0
    expect(countsOf('trades')).toMatchObject({ dropped: { queue_full: 100 - queued } })
    expect(countsOf('prices')).toMatchObject({ queued: 3, inFlight: 1, dropped: { conflated: 0 } })
  })

  it('leaves the other half to books: none is dropped before that is full', async () => {
    const { producer, countsOf } = await booksAndTrades()
    for (let count = 0; count < 100; count += 1) producer.send(trade())
    for (let count = 0; count < QUEUE_RECORDS / 2; count += 1) producer.send(book(`K${count}`))
    expect(countsOf('prices')).toMatchObject({
      queued: QUEUE_RECORDS / 2 - 1,
      inFlight: 1,
      dropped: { conflated: 0, queue_full: 0 },
    })
  })

  it('does not keep sequences of books from restarting', async () => {
    const { producer, countsOf, pendingOf, clock } = await booksAndTrades('cut')
    for (let count = 0; count < 100; count += 1) producer.send(trade())
    for (let count = 0; count <= QUEUE_RECORDS / 2; count += 1) {
      producer.send(book('A', { isWhole: false }))
    }
    expect(countsOf('prices')?.dropped.sequence_cut).toBeGreaterThan(0)
    while (pendingOf('prices').length > 0) {
      pendingOf('prices')[0]?.acknowledge()
      await settled()
      clock.advance(10)
    }
    expect([...producer.channelsToRestart('prices')]).toEqual(['book.A'])
  })

  it('is a detail of the readiness check, not a failure', async () => {
    const { producer, countsOf, transport } = await booksAndTrades()
    const topicCheck = createTopicCheck({ producer })
    producer.send(trade())
    expect(producer.health()).toEqual({ isConnected: true, isDelivering: true, problem: null })
    expect(countsOf('trades')).toMatchObject({ isOptional: true, problem: 'not connected yet' })
    expect(topicCheck.check()).toEqual({
      isPassing: true,
      detail: 'trades is not written: not connected yet',
    })
    transport.makeReady('trades', 1)
    expect(topicCheck.check()).toEqual({ isPassing: true, detail: null })
  })
})

describe('an optional topic whose sends fail', () => {
  it('is retried for itself: ready, one warning, and records in order when it succeeds', async () => {
    const { producer, transport, countsOf, pendingOf, logger, clock } = await booksAndTrades()
    transport.makeReady('trades', 1)
    const trades = [trade(), trade(), trade()]
    for (const record of trades) producer.send(record)
    const messages = () => logger.lines.filter(({ level }) => level !== 'debug')
    for (let attempt = 0; attempt < 5; attempt += 1) {
      pendingOf('trades')[0]?.fail(sendError('broker'))
      await settled()
      // Books that succeed in between say nothing about trades.
      producer.send(book('A'))
      pendingOf('prices')[0]?.acknowledge()
      await settled()
      expect(producer.health()).toMatchObject({ isDelivering: true, problem: null })
      expect(countsOf('trades')?.problem).toMatch(/made to fail/)
      clock.advance(2000)
    }
    expect(messages()).toEqual([
      expect.objectContaining({ level: 'warn', message: 'produce requests are failing' }),
    ])
    while (pendingOf('trades').length > 0) {
      pendingOf('trades')[0]?.acknowledge()
      await settled()
      clock.advance(10)
    }
    expect(transport.acknowledged.get('trades/0')).toEqual(trades)
    expect(countsOf('trades')).toMatchObject({ produced: 3, problem: null })
    expect(messages().map(({ message }) => message)).toEqual([
      'produce requests are failing',
      'produce requests succeed again',
    ])
  })

  it('is abandoned without the sends of the books', async () => {
    const { producer, transport, countsOf, pendingOf, clock } = await booksAndTrades()
    transport.makeReady('trades', 1)
    producer.send(trade())
    clock.advance(4000)
    producer.send(book('A'))
    clock.advance(1000)
    expect(transport.abandoned).toBe(1)
    expect(countsOf('trades')?.problem).toMatch(/no response/)
    pendingOf('prices')[0]?.acknowledge()
    await settled()
    expect(countsOf('prices')).toMatchObject({ produced: 1, problem: null })
  })
})

describe('the lag of the send stages', () => {
  it('is that of book frames: consumers observe no other', async () => {
    const { producer, transport, metrics } = await booksAndTrades()
    transport.makeReady('trades', 1)
    producer.send(book('A'))
    producer.send(trade())
    for (const send of transport.pending.slice()) send.acknowledge()
    await settled()
    expect(transport.acknowledged.get('trades/0')).toHaveLength(1)
    for (const stage of [metrics.receiveToSend, metrics.sendToAck]) {
      expect(stage.counts.reduce((sum, count) => sum + count, 0)).toBe(1)
    }
  })
})
