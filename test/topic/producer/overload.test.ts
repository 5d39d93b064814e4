import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from '../../../src/model/topic.ts'
import { RecordQueue } from '../../../src/topic/producer/queue/record-queue.ts'
import { sendError, settled } from '../fake-transport.ts'
import { producerFixture } from '../producer-fixture.ts'
import { outgoing } from '../records.ts'

const CHANNELS = 200
const PARTITIONS = 4
/** Records a second that the process carries, and that come. */
const CAPACITY = 1000
const RATE = 2000
/** Of a full checkpoint, in records. */
const SNAPSHOT_COST = 3

type Fixture = Awaited<ReturnType<typeof producerFixture>>

/** A frame or checkpoint, with its number in its channel. */
const record = (
  { clock }: Pick<Fixture, 'clock'>,
  channel: number,
  number: number,
  overrides: Partial<OutgoingRecord>,
) =>
  outgoing({
    key: `I${channel}`,
    channel: `C${channel}`,
    value: Buffer.from(String(number)),
    receivedMonotonicMs: clock.monotonicMs(),
    ...overrides,
  })

/** Passes time under a load and acknowledges as many records as the process carries. */
class Load {
  readonly fixture: Fixture
  readonly isWhole: boolean
  /** Number of the newest frame of each channel, and of the newest that was acknowledged. */
  readonly newest = Array<number>(CHANNELS).fill(0)
  readonly #shown = Array.from({ length: CHANNELS }, () => ({ number: 0, sinceMs: 0 }))
  readonly #restartedMs = new Map<string, number>()
  /** When each frame was received, by channel; older ones are removed once they are shown. */
  readonly #receivedMs = Array.from({ length: CHANNELS }, () => new Map<number, number>())
  #budget = 0
  #due = 0
  #next = 0
  #acknowledged = 0
  readonly tornChannels = new Set<string>()

  constructor(fixture: Fixture, { isWhole }: { isWhole: boolean }) {
    this.fixture = fixture
    this.isWhole = isWhole
  }

  async pass(ms: number, { rate = RATE, capacity = CAPACITY } = {}): Promise<void> {
    const { clock } = this.fixture
    for (let at = 0; at < ms; at += 1) {
      this.#due += rate / 1000
      for (; this.#due >= 1; this.#due -= 1) this.#receive()
      if (!this.isWhole && at % 100 === 0) this.#restart()
      this.#budget = Math.min(CAPACITY, this.#budget + capacity / 1000)
      let isAnswered = true
      while (isAnswered) isAnswered = await this.#answer()
      clock.advance(1)
    }
    this.#follow()
    await settled()
  }

  /** Age of the newest acknowledged frame that is not the newest received, ms, sorted. */
  agesMs(): number[] {
    this.#follow()
    const nowMs = this.fixture.clock.monotonicMs()
    return this.newest
      .map((newest, channel) => {
        const { number } = this.#shown[channel] ?? { number: 0 }
        if (number === newest) return 0
        return nowMs - (this.#receivedMs[channel]?.get(number + 1) ?? nowMs)
      })
      .sort((a, b) => a - b)
  }

  #receive(): void {
    const channel = this.#next % CHANNELS
    this.#next += 1
    const number = (this.newest[channel] ?? 0) + 1
    this.newest[channel] = number
    this.#receivedMs[channel]?.set(number, this.fixture.clock.monotonicMs())
    const { isWhole } = this
    this.fixture.producer.send(record(this.fixture, channel, number, { isWhole }))
  }

  /** As the checkpoints do it: at most once a second per channel. */
  #restart(): void {
    const { producer, clock } = this.fixture
    const nowMs = clock.monotonicMs()
    for (const name of producer.channelsToRestart('prices')) {
      if (nowMs - (this.#restartedMs.get(name) ?? 0) < 1000) continue
      this.#restartedMs.set(name, nowMs)
      const channel = Number(name.slice(1))
      const number = this.newest[channel] ?? 0
      const kind = 'checkpoint' as const
      producer.send(record(this.fixture, channel, number, { isWhole: true, kind }))
    }
  }

  async #answer(): Promise<boolean> {
    const [pending] = this.fixture.transport.pending
    if (pending === undefined) return false
    const cost = pending.records.reduce(
      (sum, { kind }) => sum + (kind === 'frame' ? 1 : SNAPSHOT_COST),
      0,
    )
    if (cost > this.#budget) return false
    this.#budget -= cost
    pending.acknowledge()
    await settled()
    return true
  }

  /** Reads what was acknowledged since, as a consumer does. */
  #follow(): void {
    const { acknowledgedInOrder } = this.fixture.transport
    for (; this.#acknowledged < acknowledgedInOrder.length; this.#acknowledged += 1) {
      const { channel, value, isWhole } = acknowledgedInOrder[this.#acknowledged] ?? outgoing()
      const index = Number(channel.slice(1))
      const number = Number(value.toString())
      const shown = this.#shown[index]
      if (shown === undefined) continue
      const isNext = isWhole ? number >= shown.number : number === shown.number + 1
      if (!isNext && number > shown.number) this.tornChannels.add(channel)
      if (isWhole && number < shown.number) this.tornChannels.add(channel)
      shown.number = Math.max(shown.number, number)
      for (const old of this.#receivedMs[index]?.keys() ?? []) {
        if (old > shown.number) break
        this.#receivedMs[index]?.delete(old)
      }
    }
  }
}

async function underLoad(overflow: 'conflate' | 'cut') {
  let load = 1
  const fixture = await producerFixture(
    { topics: [{ name: 'prices', overflow }], batchMaxRecords: 50 },
    { partitions: PARTITIONS, load: () => load },
  )
  const relax = () => {
    load = 0.2
  }
  return { fixture, relax, books: new Load(fixture, { isWhole: overflow === 'conflate' }) }
}

const droppedOf = ({ producer }: Fixture) => {
  const [counts] = producer.counts()
  if (counts === undefined) throw new Error('no topic')
  const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0)
  return { ...counts, all: dropped }
}

describe.each(['conflate', 'cut'] as const)('at twice the capacity: %s', (overflow) => {
  it('newest wins long before the queue is full, and every book stays young', async () => {
    const { fixture, books, relax } = await underLoad(overflow)
    const { producer } = fixture
    for (let second = 1; second <= 40; second += 1) {
      await books.pass(1000)
      const agesMs = books.agesMs()
      expect(agesMs[Math.floor(CHANNELS * 0.99)]).toBeLessThan(3000)
      expect(producer.deliveryCounts()[0]?.bytes).toBeLessThan(1_000_000)
    }
    const during = droppedOf(fixture)
    expect(during.all).toBeGreaterThan(RATE * 10)
    expect(during.all + during.produced + during.queued + during.inFlight).toBe(
      books.newest.reduce((sum, count) => sum + count, 0),
    )
    relax()
    await books.pass(3000, { rate: CAPACITY / 4 })
    expect(producer.isOverloaded).toBe(false)
    const after = droppedOf(fixture).all
    await books.pass(3000, { rate: CAPACITY / 4 })
    expect(droppedOf(fixture).all).toBe(after)
    expect(books.agesMs().at(-1)).toBeLessThan(200)
    expect(books.tornChannels).toEqual(new Set())
  })
})

describe('no overload', () => {
  it.each(['conflate', 'cut'] as const)(
    'a broker that is gone loses nothing, nor what it missed while that is sent: %s',
    async (overflow) => {
      const { fixture, books } = await underLoad(overflow)
      await books.pass(2000, { rate: 500 })
      const fail = () => {
        for (const pending of [...fixture.transport.pending]) pending.fail(sendError('connection'))
      }
      for (let at = 0; at < 100; at += 1) {
        fail()
        await books.pass(100, { rate: 500, capacity: 0 })
      }
      // What waits comes late for seconds, and the process is at its limit.
      await books.pass(15_000, { rate: 700 })
      expect(fixture.producer.isOverloaded).toBe(false)
      expect(droppedOf(fixture).all).toBe(0)
    },
  )

  it('a broker that does not answer loses nothing', async () => {
    const { fixture, books } = await underLoad('conflate')
    await books.pass(1000, { rate: 500 })
    await books.pass(4800, { rate: 500, capacity: 0 })
    expect(droppedOf(fixture).all).toBe(0)
  })

  it('a topic that is not available yet loses nothing', async () => {
    const fixture = await producerFixture({}, { partitions: 0, load: () => 1 })
    const books = new Load(fixture, { isWhole: true })
    await books.pass(8000)
    fixture.transport.makeReady('prices', PARTITIONS)
    await books.pass(30_000, { rate: 100 })
    expect(droppedOf(fixture).all).toBe(0)
  })

  it('an idle process with a slow broker loses nothing within the queue', async () => {
    const { fixture, books, relax } = await underLoad('conflate')
    relax()
    await books.pass(20_000)
    expect(droppedOf(fixture)).toMatchObject({ all: 0 })
    expect(droppedOf(fixture).queued).toBeGreaterThan(10_000)
  })
})

it('keeps the place of a replaced frame, and replaces none in flight', () => {
  const queue = new RecordQueue()
  const bytes = 100
  const frame = (channel: string, number: number) =>
    outgoing({ channel, value: Buffer.from(String(number)) })
  for (const channel of ['A', 'B', 'A', 'C']) queue.push(frame(channel, 1), bytes)
  expect(queue.dequeue(1, 1_000_000)).toHaveLength(1)
  for (let number = 2; number < 9; number += 1) {
    expect(queue.replace(frame('B', number), bytes)?.value.toString()).toBe(String(number - 1))
  }
  expect(queue.replace(frame('A', 9), bytes)?.value.toString()).toBe('1')
  expect(queue.replace(frame('D', 1), bytes)).toBeUndefined()
  queue.release()
  const left = queue.dequeue(10, 1_000_000)
  expect(left.map(({ channel, value }) => `${channel}${String(value)}`)).toEqual(['B8', 'A9', 'C1'])
  expect(queue.replace(frame('B', 10), bytes)).toBeUndefined()
})

it('drops trades that are late, oldest first, and nothing of the books for them', async () => {
  const fixture = await producerFixture(
    {
      topics: [
        { name: 'prices', overflow: 'conflate' },
        { name: 'trades', overflow: 'refuse' },
      ],
      batchMaxRecords: 10,
    },
    { load: () => 1 },
  )
  const { producer, clock } = fixture
  const send = (topic: string, number: number) =>
    producer.send(record(fixture, number, number, { topic, isWhole: topic === 'prices' }))
  for (let number = 0; number < 400; number += 1) {
    send('trades', number)
    if (number < 5) send('prices', number)
    // Ten trades a quarter of a second: fewer than come.
    if (number % 13 === 0)
      for (const pending of [...fixture.transport.pending]) pending.acknowledge()
    await settled()
    clock.advance(20)
  }
  const [books, trades] = producer.counts()
  expect(producer.isOverloaded).toBe(true)
  expect(books).toMatchObject({ dropped: { conflated: 0 } })
  expect(trades?.dropped.queue_full).toBeGreaterThan(20)
  const { dropped, produced = 0, queued = 0, inFlight = 0 } = trades ?? {}
  expect((dropped?.queue_full ?? 0) + produced + queued + inFlight).toBe(400)
  expect(queued * 20).toBeLessThan(1500)
})

it('drops frames where the consumer of the same process is late', async () => {
  let delayMs = 0
  const fixture = await producerFixture(
    { topics: [{ name: 'prices', overflow: 'cut' }] },
    { load: () => 1, consumerDelayMs: () => delayMs },
  )
  const books = new Load(fixture, { isWhole: false })
  await books.pass(3000, { capacity: 10_000 })
  expect(droppedOf(fixture).all).toBe(0)
  delayMs = 1500
  await books.pass(3000, { capacity: 10_000 })
  expect(droppedOf(fixture).all).toBeGreaterThan(1000)
  expect(books.tornChannels).toEqual(new Set())
})

it('lasts while frames are superseded before they become records, which are counted', async () => {
  let delayMs = 3000
  const fixture = await producerFixture(
    { topics: [{ name: 'prices', overflow: 'conflate' }] },
    { load: () => 1, consumerDelayMs: () => delayMs },
  )
  const { producer, clock } = fixture
  let number = 0
  const pass = async (ms: number, isSuperseding: boolean) => {
    for (let passed = 0; passed < ms; passed += 100) {
      number += 1
      producer.send(record(fixture, number, number, { topic: 'prices', isWhole: true }))
      if (isSuperseding) producer.noteSuperseded('prices')
      for (const pending of [...fixture.transport.pending]) pending.acknowledge()
      await settled()
      clock.advance(100)
    }
  }
  await pass(1500, false)
  expect(producer.isOverloaded).toBe(true)
  delayMs = 0
  const before = producer.counts()[0]?.dropped.conflated ?? 0
  await pass(4000, true)
  expect(producer.isOverloaded).toBe(true)
  expect((producer.counts()[0]?.dropped.conflated ?? 0) - before).toBe(40)
  await pass(4000, false)
  expect(producer.isOverloaded).toBe(false)
})
