import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { recordBytes } from '../../../src/topic/producer/queue/record-queue.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const QUEUE_MAX_BYTES = 6000
const INSTRUMENTS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']

type Step =
  | { do: 'send'; topic: string; instrument: string; isFrame: boolean; bytes: number }
  | { do: 'acknowledge' | 'fail' | 'tooLarge' | 'refuse'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'open'; partitions: number }

const send = fc.record({
  do: fc.constant('send' as const),
  topic: fc.constantFrom('prices', 'prices', 'trades'),
  instrument: fc.constantFrom(...INSTRUMENTS),
  isFrame: fc.integer({ min: 0, max: 4 }).map((number) => number > 0),
  bytes: fc.integer({ min: 10, max: 700 }),
})
const answer = fc.record({
  do: fc.constantFrom(
    'acknowledge' as const,
    'acknowledge' as const,
    'fail' as const,
    'tooLarge' as const,
    'refuse' as const,
  ),
  which: fc.nat(7),
})
const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(0.5, 3, 100, 2500, 5000),
})
const open = fc.record({
  do: fc.constant('open' as const),
  partitions: fc.integer({ min: 1, max: 5 }),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: send },
    { weight: 3, arbitrary: answer },
    { weight: 1, arbitrary: wait },
    { weight: 1, arbitrary: open },
  ),
  { minLength: 1, maxLength: 120 },
)

const FAILURES = { fail: 'connection', tooLarge: 'too_large', refuse: 'refused' } as const

/** Runs the steps, checks the invariants after each, and completes all sends at the end. */
async function run(script: readonly Step[]) {
  const { producer, transport, clock } = await producerFixture(
    {
      topics: [
        { name: 'prices', overflow: 'conflate' },
        { name: 'trades', overflow: 'refuse', isOptional: true },
      ],
      batchMaxRecords: 7,
      queueMaxBytes: QUEUE_MAX_BYTES,
    },
    { partitions: 0 },
  )
  const sent: OutgoingRecord[] = []
  const openWith = (partitions: number) => {
    for (const topic of ['prices', 'trades']) transport.makeReady(topic, partitions)
  }
  const check = () => {
    const bytes = producer.deliveryCounts().reduce((sum, counts) => sum + counts.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(QUEUE_MAX_BYTES)
    expect(producer.deliveryCounts()[1]?.bytes).toBeLessThanOrEqual(QUEUE_MAX_BYTES / 2)
    for (const { topic, produced, queued, inFlight, dropped } of producer.counts()) {
      const given = Object.values(dropped).reduce((sum, count) => sum + count, 0)
      const frames = sent.filter((record) => record.topic === topic && record.kind === 'frame')
      expect(produced + queued + inFlight + given).toBe(frames.length)
      expect(Math.min(queued, inFlight)).toBeGreaterThanOrEqual(0)
    }
  }
  for (const step of script) {
    if (step.do === 'send') {
      const { topic, instrument, isFrame, bytes } = step
      const record = outgoing({
        topic,
        key: instrument,
        channel: `${topic}.${instrument}`,
        kind: isFrame ? 'frame' : 'checkpoint',
        value: Buffer.alloc(bytes),
      })
      sent.push(record)
      producer.send(record)
    } else if (step.do === 'wait') clock.advance(step.ms)
    else if (step.do === 'open') openWith(step.partitions)
    else {
      const pending = transport.pending[step.which % Math.max(1, transport.pending.length)]
      if (step.do === 'acknowledge') pending?.acknowledge()
      else pending?.fail(sendError(FAILURES[step.do]))
    }
    await settled()
    check()
  }
  openWith(3)
  for (
    let tick = 0;
    tick < 1000 && producer.deliveryCounts().some(({ bytes }) => bytes > 0);
    tick += 1
  ) {
    for (const pending of [...transport.pending]) pending.acknowledge()
    await settled()
    clock.advance(2500)
    check()
  }
  return { producer, transport, sent }
}

it('loses nothing uncounted, and keeps every order and every limit, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { producer, transport, sent } = await run(script)
      expect(producer.deliveryCounts().map(({ bytes }) => bytes)).toEqual([0, 0])
      const place = new Map(sent.map((record, index) => [record, index]))
      for (const instrument of INSTRUMENTS) {
        // Over all partitions: a key may have moved to another one.
        const records = transport.acknowledgedInOrder.filter(({ key }) => key === instrument)
        for (const topic of ['prices', 'trades']) {
          const places = records
            .filter((record) => record.topic === topic)
            .map((record) => place.get(record) ?? -1)
          expect(places).toEqual(places.toSorted((a, b) => a - b))
        }
      }
      const acknowledged = [...transport.acknowledged.values()].flat()
      for (const { topic, produced, dropped } of producer.counts()) {
        const frames = acknowledged.filter((r) => r.topic === topic && r.kind === 'frame')
        expect(frames).toHaveLength(produced)
        expect(new Set(frames).size).toBe(produced)
        if (topic === 'trades') expect(dropped.conflated).toBe(0)
      }
    }),
    { numRuns: 1000 },
  )
}, 120_000)

it('ends with the newest snapshot of every instrument in the topic, whatever was dropped', async () => {
  const snapshot = fc.record({
    do: fc.constant('send' as const),
    topic: fc.constant('prices'),
    instrument: fc.constantFrom(...INSTRUMENTS),
    isFrame: fc.constant(true),
    bytes: fc.constant(300),
  })
  const failure = fc.record({ do: fc.constant('fail' as const), which: fc.nat(7) })
  const script = fc.array(fc.oneof({ weight: 9, arbitrary: snapshot }, failure, wait), {
    minLength: 30,
    maxLength: 150,
  })
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const { transport, producer, sent } = await run([{ do: 'open', partitions: 3 }, ...given])
      const acknowledged = new Set([...transport.acknowledged.values()].flat())
      for (const instrument of INSTRUMENTS) {
        const newest = sent.findLast(({ key }) => key === instrument)
        if (newest !== undefined) expect(acknowledged).toContain(newest)
      }
      expect(recordBytes(outgoing({ key: 'A', value: Buffer.alloc(300) })) * 8).toBeLessThan(
        QUEUE_MAX_BYTES / 1.5,
      )
      expect(producer.counts()[0]?.dropped.queue_full).toBe(0)
    }),
    { numRuns: 500 },
  )
}, 120_000)
