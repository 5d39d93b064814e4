import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { recordBytes } from '../../../src/topic/producer/queue/record-queue.ts'
import { seeded } from '../../support/seeded.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const named = (kind: 'numbers' | 'state') => (key: string, name: string) =>
  outgoing({ topic: 'numbers', key, channel: key, kind, value: Buffer.from(name) })
const numbers = named('numbers')
const state = named('state')
const namesOf = (records: readonly OutgoingRecord[]) => records.map(({ value }) => String(value))

async function numbersTopic(options: { queueMaxBytes?: number; partitions?: number } = {}) {
  const { partitions = 1, ...rest } = options
  const fixture = await producerFixture(
    { topics: [{ name: 'numbers', overflow: 'latest', isOptional: true }], lingerMs: 0, ...rest },
    { partitions },
  )
  const { producer, transport, clock } = fixture
  return {
    ...fixture,
    send: (...records: OutgoingRecord[]) => {
      for (const record of records) producer.send(record)
    },
    counts: () => producer.counts()[0],
    bytes: () => producer.deliveryCounts()[0]?.bytes,
    acknowledge: async () => {
      transport.pending[0]?.acknowledge()
      await settled()
    },
    fail: async () => {
      transport.pending[0]?.fail(sendError('connection'))
      await settled()
    },
    /** Acknowledges until nothing waits; returns what was written, in order. */
    drain: async () => {
      for (let round = 0; round < 1000 && transport.pending.length > 0; round += 1) {
        for (const pending of [...transport.pending]) pending.acknowledge()
        await settled()
        clock.advance(2000)
        await settled()
      }
      return transport.acknowledgedInOrder
    },
    inFlight: () => namesOf(transport.pending.flatMap(({ records }) => records)),
  }
}

describe('a topic of which only the newest numbers are true', () => {
  it('keeps the newest numbers of an instrument and every state', async () => {
    const topic = await numbersTopic()
    topic.send(numbers('A', '1'))
    topic.send(numbers('A', '2'), numbers('A', '3'), state('A', 'halted'), state('A', 'live'))
    topic.send(numbers('A', '4'), numbers('A', '5'), numbers('B', 'b'))
    const written = await topic.drain()
    const ofA = written.filter(({ key }) => key === 'A')
    expect(namesOf(ofA)).toEqual(['1', 'halted', 'live', '5'])
    expect(namesOf(written)).toContain('b')
    expect(topic.counts()).toMatchObject({ produced: 5, dropped: { conflated: 3 }, queued: 0 })
    expect(topic.bytes()).toBe(0)
  })

  it('has one record of an instrument in a batch, so that a repeated batch never goes back', async () => {
    const topic = await numbersTopic()
    topic.send(numbers('C', 'c'))
    topic.send(state('A', 'stale'), state('A', 'live'), numbers('A', '1'), numbers('B', 'b'))
    await topic.acknowledge()
    expect(topic.inFlight().toSorted()).toEqual(['b', 'stale'])
    await topic.acknowledge()
    expect(topic.inFlight()).toEqual(['live'])
  })

  it('sends newer numbers instead of those that failed, and a failed state again', async () => {
    const topic = await numbersTopic()
    topic.send(numbers('A', '1'))
    topic.send(numbers('A', '2'))
    await topic.fail()
    topic.clock.advance(200)
    expect(topic.inFlight()).toEqual(['2'])
    topic.send(state('B', 'gap'), numbers('B', 'b'))
    await topic.fail()
    topic.clock.advance(2000)
    const written = await topic.drain()
    const ofB = written.filter(({ key }) => key === 'B')
    expect([namesOf(written).toSorted(), namesOf(ofB)]).toEqual([
      ['2', 'b', 'gap'],
      ['gap', 'b'],
    ])
    expect(topic.counts()).toMatchObject({ produced: 3, dropped: { conflated: 1 } })
  })

  it('sends the failed numbers again if there are no newer ones', async () => {
    const topic = await numbersTopic()
    topic.send(numbers('A', '1'))
    await topic.fail()
    topic.clock.advance(200)
    expect(namesOf(await topic.drain())).toEqual(['1'])
  })

  it('does not send retracted numbers, waiting or failed, and keeps states', async () => {
    const topic = await numbersTopic()
    topic.send(numbers('A', '1'))
    topic.send(state('B', 'gap'), numbers('B', 'b'))
    topic.producer.retract('numbers', 'A')
    topic.producer.retract('numbers', 'B')
    await topic.fail()
    topic.clock.advance(200)
    expect(namesOf(await topic.drain())).toEqual(['gap'])
    expect(topic.counts()).toMatchObject({ dropped: { conflated: 2 }, queued: 0, inFlight: 0 })
    expect(topic.bytes()).toBe(0)
  })

  it('sends nothing more of a forgotten instrument', async () => {
    const topic = await numbersTopic()
    topic.send(state('A', 'gap'))
    topic.send(state('A', 'live'), numbers('A', '1'), numbers('B', 'b'))
    topic.producer.forgetChannel('numbers', 'A')
    await topic.fail()
    topic.clock.advance(200)
    expect(namesOf(await topic.drain())).toEqual(['b'])
    expect(topic.bytes()).toBe(0)
  })

  it('keeps what is offered before the topic is available', async () => {
    const topic = await numbersTopic({ partitions: 0 })
    topic.send(numbers('A', '1'), state('A', 'gap'), state('A', 'live'), numbers('A', '2'))
    topic.send(numbers('A', '3'))
    topic.transport.makeReady('numbers', 2)
    await settled()
    expect(namesOf(await topic.drain())).toEqual(['gap', 'live', '3'])
  })

  it('drops the oldest record when its queue is full', async () => {
    const one = recordBytes(state('A', 's00'))
    // An optional topic has half of the queue.
    const topic = await numbersTopic({ queueMaxBytes: 20 * one, partitions: 0 })
    const names = Array.from({ length: 30 }, (_, index) => `s${String(index).padStart(2, '0')}`)
    topic.send(...names.map((name) => state('A', name)))
    expect(topic.counts()).toMatchObject({ queued: 10, dropped: { queue_full: 20 } })
    topic.transport.makeReady('numbers', 1)
    await settled()
    expect(namesOf(await topic.drain())).toEqual(names.slice(20))
  })

  it('never writes older numbers after newer ones, whatever fails', async () => {
    const random = seeded(7)
    const topic = await numbersTopic({ partitions: 2 })
    const offered = new Map<string, number>()
    const states = new Map<string, string[]>()
    for (let step = 0; step < 3000; step += 1) {
      const key = 'ABCDEF'[Math.floor(random() * 6)] ?? 'A'
      const version = (offered.get(key) ?? 0) + 1
      offered.set(key, version)
      const isState = random() < 0.2
      if (isState) states.set(key, [...(states.get(key) ?? []), String(version)])
      topic.send((isState ? state : numbers)(key, String(version)))
      if (random() < 0.3) await (random() < 0.4 ? topic.fail() : topic.acknowledge())
      if (random() < 0.2) topic.clock.advance(Math.floor(random() * 500))
      const { produced = 0, queued = 0, inFlight = 0, dropped } = topic.counts() ?? {}
      expect(produced + queued + inFlight + (dropped?.conflated ?? 0)).toBe(step + 1)
    }
    topic.clock.advance(2000)
    const written = await topic.drain()
    for (const [key, last] of offered) {
      const ofKey = written.filter((record) => record.key === key)
      const versions = ofKey.map(({ value }) => Number(String(value)))
      expect(versions).toEqual(versions.toSorted((a, b) => a - b))
      expect(versions.at(-1)).toBe(last)
      expect(namesOf(ofKey.filter(({ kind }) => kind === 'state'))).toEqual(states.get(key))
    }
    expect(topic.bytes()).toBe(0)
  })
})
