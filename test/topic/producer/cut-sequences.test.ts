import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { recordBytes } from '../../../src/topic/producer/queue/record-queue.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const change = (instrument: string, name: string, overrides: Partial<OutgoingRecord> = {}) =>
  outgoing({
    key: instrument,
    channel: instrument,
    isWhole: false,
    value: Buffer.from(name),
    ...overrides,
  })
const snapshot = (instrument: string, name: string) =>
  change(instrument, name, { isWhole: true, kind: 'checkpoint' })
const oneRecord = recordBytes(change('A', 'A1'))
const cutting = (queueMaxRecords: number) =>
  producerFixture({
    topics: [{ name: 'prices', overflow: 'cut' }],
    batchMaxRecords: 1,
    queueMaxBytes: queueMaxRecords * oneRecord,
  })
type Fixture = Awaited<ReturnType<typeof cutting>>

async function drain({ producer, transport, clock }: Fixture): Promise<string[]> {
  while (producer.deliveryCounts().some(({ bytes }) => bytes > 0)) {
    for (const pending of [...transport.pending]) pending.acknowledge()
    await settled()
    clock.advance(2500)
  }
  return (transport.acknowledged.get('prices/0') ?? []).map(({ value }) => value.toString())
}

describe('a full queue of sequences', () => {
  it('drops the whole sequence that has waited longest, and accepts nothing more of it', async () => {
    const fixture = await cutting(5)
    const { producer } = fixture
    for (const name of ['B1', 'A1', 'B2', 'A2', 'B3']) producer.send(change(name.slice(0, 1), name))
    expect(producer.counts()[0]).toMatchObject({ inFlight: 1, queued: 4 })
    producer.send(change('B', 'B4'))
    producer.send(change('A', 'A3'))
    expect(producer.counts()[0]).toMatchObject({ dropped: { sequence_cut: 3, queue_full: 0 } })
    expect(await drain(fixture)).toEqual(['B1', 'B2', 'B3', 'B4'])
  })

  it('resumes with a full record once half of the queue is free, and not before', async () => {
    const fixture = await cutting(6)
    const { producer, transport } = fixture
    for (const name of ['B1', 'A1', 'B2', 'B3', 'B4', 'B5']) {
      producer.send(change(name.slice(0, 1), name))
    }
    producer.send(change('B', 'B6'))
    expect([...producer.channelsToRestart('prices')]).toEqual([])
    for (let acknowledged = 0; acknowledged < 3; acknowledged += 1) {
      transport.pending[0]?.acknowledge()
      await settled()
      fixture.clock.advance(10)
    }
    expect([...producer.channelsToRestart('prices')]).toEqual(['A'])
    producer.send(change('A', 'A2'))
    producer.send(snapshot('A', 'S2'))
    expect([...producer.channelsToRestart('prices')]).toEqual([])
    producer.send(change('A', 'A3'))
    expect(await drain(fixture)).toEqual(['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'S2', 'A3'])
    expect(producer.counts()[0]).toMatchObject({ produced: 7, dropped: { sequence_cut: 2 } })
  })

  it('resumes a sequence with the exchange’s own snapshot as well', async () => {
    const fixture = await cutting(3)
    const { producer } = fixture
    for (const name of ['B1', 'A1', 'B2', 'B3']) producer.send(change(name.slice(0, 1), name))
    producer.send(change('A', 'A2', { isWhole: true }))
    expect([...producer.channelsToRestart('prices')]).not.toContain('A')
  })

  it.each(['too_large', 'refused'] as const)(
    'drops the sequence of a record that is %s',
    async (reason) => {
      const fixture = await cutting(10)
      const { producer, transport } = fixture
      for (const name of ['A1', 'A2', 'B1']) producer.send(change(name.slice(0, 1), name))
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        expect(producer.counts()[0]).toMatchObject({ dropped: { [reason]: 0 } })
        expect(transport.pending[0]?.records.map(({ value }) => value.toString())).toEqual(['A1'])
        transport.pending[0]?.fail(sendError(reason))
        await settled()
      }
      expect(producer.counts()[0]).toMatchObject({ dropped: { [reason]: 1, sequence_cut: 1 } })
      expect([...producer.channelsToRestart('prices')]).toEqual(['A'])
      expect(await drain(fixture)).toEqual(['B1'])
    },
  )

  it('removes the state of a channel that was unsubscribed', async () => {
    const { producer } = await cutting(1)
    producer.send(change('A', 'A1'))
    producer.send(change('A', 'A2'))
    producer.forgetChannel('prices', 'A')
    expect([...producer.channelsToRestart('prices')]).toEqual([])
  })
})

it('never lets a reader see a change without the record before it, whatever happens', async () => {
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('A', 'B', 'C', 'D') },
    { weight: 3, arbitrary: fc.constantFrom('acknowledge', 'fail', 'refuse') },
    { weight: 2, arbitrary: fc.constantFrom('restart', 'wait') },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 150 }), async (script) => {
      const fixture = await producerFixture({
        topics: [{ name: 'prices', overflow: 'cut' }],
        batchMaxRecords: 3,
        queueMaxBytes: 8 * oneRecord,
      })
      const { producer, transport, clock } = fixture
      const last = new Map<string, number>()
      const before = new Map<OutgoingRecord, number>()
      const at = new Map<OutgoingRecord, number>()
      let frames = 0
      const send = (channel: string) => {
        const number = (last.get(channel) ?? 0) + 1
        const record = change(channel, `${channel}${number}`, { isWhole: number === 1 })
        before.set(record, number - 1)
        at.set(record, number)
        last.set(channel, number)
        frames += 1
        producer.send(record)
      }
      const restart = () => {
        for (const channel of producer.channelsToRestart('prices')) {
          const record = snapshot(channel, `S${last.get(channel)}`)
          at.set(record, last.get(channel) ?? 0)
          producer.send(record)
        }
      }
      for (const what of script) {
        if (what === 'wait') clock.advance(2500)
        else if (what === 'restart') restart()
        else if (what === 'acknowledge') transport.pending[0]?.acknowledge()
        else if (what === 'fail') transport.pending[0]?.fail(sendError('connection'))
        else if (what === 'refuse') transport.pending[0]?.fail(sendError('too_large'))
        else send(what)
        await settled()
        const [counts] = producer.deliveryCounts()
        expect(counts?.bytes).toBeLessThanOrEqual(8 * oneRecord)
      }
      await drain(fixture)
      restart()
      await drain(fixture)
      const read = new Map<string, number>()
      for (const record of transport.acknowledged.get('prices/0') ?? []) {
        if (!record.isWhole) expect(read.get(record.channel)).toBe(before.get(record))
        read.set(record.channel, at.get(record) ?? -1)
      }
      expect(read).toEqual(new Map([...last].filter(([channel]) => read.has(channel))))
      expect([...read.keys()].toSorted()).toEqual([...last.keys()].toSorted())
      const [counts] = producer.counts()
      const dropped = Object.values(counts?.dropped ?? {}).reduce((sum, count) => sum + count, 0)
      expect((counts?.produced ?? 0) + dropped).toBe(frames)
    }),
    { numRuns: 500 },
  )
}, 60_000)
