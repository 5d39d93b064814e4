import { describe, expect, it } from 'vitest'
import { ConsumerLag } from '../../src/topic/consumer-lag.ts'
import { OwnedPartitions } from '../../src/topic/owned-partitions.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { settle } from '../support/settle.ts'

/** A reader of one partition, of which a test says where it is and where the partition ends. */
async function reader() {
  const clock = new FakeClock()
  const owned = new OwnedPartitions(['prices'])
  const ends = { value: 0n, error: null as Error | null }
  const lag = new ConsumerLag({
    owned,
    clock,
    readEnds: () =>
      ends.error === null
        ? Promise.resolve(new Map([[0, ends.value]]))
        : Promise.reject(ends.error),
  })
  const { gained } = owned.assign([{ topic: 'prices', partition: 0 }])
  const [state] = gained
  if (state === undefined) throw new Error('nothing gained')
  lag.start()
  await settle()
  return {
    clock,
    owned,
    lag,
    ends,
    /** The partition ends here, and that has been seen. */
    end: async (offset: number) => {
      ends.value = BigInt(offset)
      clock.advance(1000)
      await settle()
    },
    /** The reader has handed over everything before this offset. */
    handedOver: (offset: number) => {
      state.next = BigInt(offset)
      state.lastTimestampMs = clock.nowMs()
    },
  }
}

const UNKNOWN = { topic: 'prices', partition: 0, records: null, seconds: null }

describe('the lag of a partition', () => {
  it('is unknown until the start is looked up', async () => {
    const { lag, end } = await reader()
    await end(10)
    expect(lag.read()).toEqual([UNKNOWN])
  })

  it('is 0 at the end, however long nothing has come', async () => {
    const { lag, end, handedOver, clock } = await reader()
    handedOver(10)
    await end(10)
    clock.advance(60_000)
    await settle()
    expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: 0, seconds: 0 }])
  })

  it('grows by one second a second while the reading is held up, and ends with it', async () => {
    const { lag, end, handedOver, clock } = await reader()
    handedOver(10)
    await end(500)
    for (const seconds of [1, 2, 3]) {
      expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: 490, seconds }])
      clock.advance(1000)
      await settle()
    }
    handedOver(500)
    expect(lag.read()[0]).toMatchObject({ records: 0, seconds: 0 })
  })

  it('is no number of seconds before the first record was handed over', async () => {
    const { lag, end, owned } = await reader()
    const state = owned.get('prices', 0)
    if (state !== undefined) state.next = 5n
    await end(10)
    expect(lag.read()[0]).toMatchObject({ records: 5, seconds: null })
  })

  it('is gone with the partition', async () => {
    const { lag, end, handedOver, owned } = await reader()
    handedOver(1)
    await end(5)
    owned.assign([])
    expect(lag.read()).toEqual([])
  })

  it('is not known once the ends have not been read for five seconds, and says so', async () => {
    const { lag, ends, clock, handedOver, end } = await reader()
    handedOver(10)
    await end(10)
    expect(lag.problem).toBeNull()
    expect(lag.read()).toHaveLength(1)
    ends.error = new Error('the broker is away')
    for (let second = 0; second < 6; second += 1) {
      clock.advance(1000)
      await settle()
    }
    expect(lag.problem).toBe('the broker is away')
    expect(lag.read()).toEqual([UNKNOWN])
    ends.error = null
    clock.advance(1000)
    await settle()
    expect(lag.problem).toBeNull()
    expect(lag.read()).toHaveLength(1)
    lag.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  it('is not kept waiting by another topic whose answer does not come', async () => {
    const clock = new FakeClock()
    const owned = new OwnedPartitions(['trades', 'prices'])
    const lag = new ConsumerLag({
      owned,
      clock,
      readEnds: (topic) =>
        topic === 'prices' ? Promise.resolve(new Map([[0, 5n]])) : new Promise(() => undefined),
    })
    const { gained } = owned.assign(owned.topics.map((topic) => ({ topic, partition: 0 })))
    for (const state of gained) state.next = 5n
    lag.start()
    for (let second = 0; second < 20; second += 1) {
      await settle()
      clock.advance(1000)
    }
    await settle()
    expect(lag.read().map(({ topic, records }) => [topic, records])).toEqual([
      ['trades', null],
      ['prices', 0],
    ])
    lag.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
