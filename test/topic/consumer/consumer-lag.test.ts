import { describe, expect, it } from 'vitest'
import { Assignment } from '../../../src/topic/consumer/assignment.ts'
import { ConsumerLag } from '../../../src/topic/consumer/consumer-lag.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { settle } from '../../support/settle.ts'

/** A consumer of one partition; the test sets its position and the end of the partition. */
async function reader({ end = 0 } = {}) {
  const clock = new FakeClock()
  const assignment = new Assignment(['prices'])
  const ends = { value: BigInt(end), error: null as Error | null, isHeld: false }
  const held: { answer: () => void; fail: () => void }[] = []
  const lag = new ConsumerLag({
    assignment,
    clock,
    readEnds() {
      if (ends.error !== null) return Promise.reject(ends.error)
      const answer = new Map([[0, ends.value]])
      if (!ends.isHeld) return Promise.resolve(answer)
      return new Promise((resolve, reject) =>
        held.push({ answer: () => resolve(answer), fail: () => reject(new Error('timed out')) }),
      )
    },
  })
  const { gained } = assignment.assign([{ topic: 'prices', partition: 0 }])
  const [state] = gained
  if (state === undefined) throw new Error('nothing gained')
  lag.start()
  await settle()
  return {
    clock,
    assignment,
    lag,
    ends,
    /** The broker answered earlier, but this process sees it only now. */
    release: async () => {
      for (const { answer } of held.splice(0)) answer()
      await settle()
    },
    /** The pending requests fail. */
    fail: async () => {
      for (const { fail } of held.splice(0)) fail()
      await settle()
    },
    /** Advances the time; timers and answers are punctual. */
    pass: async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000)
        await settle()
      }
    },
    /** Sets the end of the partition, and lets it be read. */
    end: async (offset: number) => {
      ends.value = BigInt(offset)
      clock.advance(1000)
      await settle()
    },
    /** Everything before this offset was processed. */
    handedOver: (offset: number) => {
      state.next = BigInt(offset)
      state.lastTimestampMs = clock.nowMs()
    },
  }
}

const UNKNOWN = { topic: 'prices', partition: 0, records: null, seconds: null }

describe('records in partitions of other members', () => {
  it('are detected by the end offsets of partitions that are not owned, for a while', async () => {
    const clock = new FakeClock()
    const assignment = new Assignment(['prices'])
    const ends = new Map([
      [0, 5n],
      [1, 5n],
    ])
    const lag = new ConsumerLag({
      assignment,
      clock,
      readEnds: () => Promise.resolve(new Map(ends)),
    })
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000)
        await settle()
      }
    }
    assignment.assign([{ topic: 'prices', partition: 0 }])
    lag.start()
    await settle()
    // Records from before the start are not evidence.
    expect(lag.isWrittenInOtherPartitions('prices')).toBe(false)
    ends.set(0, 6n)
    await pass(1)
    expect(lag.isWrittenInOtherPartitions('prices')).toBe(false)
    ends.set(1, 6n)
    await pass(1)
    expect(lag.isWrittenInOtherPartitions('prices')).toBe(true)
    await pass(15)
    expect(lag.isWrittenInOtherPartitions('prices')).toBe(true)
    await pass(1)
    expect(lag.isWrittenInOtherPartitions('prices')).toBe(false)
    lag.stop()
  })
})

describe('the lag of a partition', () => {
  it('is unknown until the start offset is looked up', async () => {
    const { lag, end } = await reader()
    await end(10)
    expect(lag.read()).toEqual([UNKNOWN])
  })

  it('is 0 at the end, however long no record arrived', async () => {
    const { lag, end, handedOver, pass } = await reader()
    handedOver(10)
    await end(10)
    await pass(60)
    expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: 0, seconds: 0 }])
  })

  it('grows by one second per second while processing is blocked, and resets after it', async () => {
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

  it('is unknown in seconds before the first record was processed', async () => {
    const { lag, assignment, pass } = await reader({ end: 10 })
    const state = assignment.get('prices', 0)
    if (state !== undefined) state.next = 5n
    await pass(1)
    expect(lag.read()[0]).toMatchObject({ records: 5, seconds: null })
  })

  it('counts from when the end was last reached, not from the timestamp of an old record', async () => {
    const { lag, end, handedOver, pass } = await reader()
    handedOver(10)
    await end(10)
    await pass(3600)
    await end(11)
    // Requested at the end of the previous second.
    expect(lag.read()[0]).toMatchObject({ records: 1, seconds: 1 })
    await pass(2)
    expect(lag.read()[0]).toMatchObject({ records: 1, seconds: 3 })
  })

  it('is that at the time of the request if the process is starved and sees the answer late', async () => {
    const { lag, end, ends, clock, handedOver, release } = await reader()
    handedOver(1000)
    await end(1000)
    ends.value = 5000n
    ends.isHeld = true
    // Requested now; before the answer is seen, all fetched records are processed.
    clock.advance(1000)
    clock.advance(2000)
    handedOver(5000)
    await release()
    expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: 4000, seconds: 0 }])
    clock.advance(900)
    expect(lag.read()[0]).toMatchObject({ records: 4000, seconds: 0.9 })
  })

  it('is measured at the first scrape after the process was stopped', async () => {
    const { lag, end, ends, clock, handedOver } = await reader()
    handedOver(100)
    await end(100)
    ends.value = 900n
    // No timer ran meanwhile; the first scrape comes before they do.
    clock.stop(30_000)
    expect(lag.read()).toEqual([UNKNOWN])
    await lag.refresh()
    expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: 800, seconds: 30 }])
  })

  it('is requested again if an answer from before the stop arrives', async () => {
    const { lag, end, ends, clock, handedOver, release } = await reader()
    handedOver(100)
    await end(100)
    ends.isHeld = true
    clock.advance(1000)
    clock.stop(30_000)
    ends.isHeld = false
    ends.value = 900n
    const refreshed = lag.refresh()
    await release()
    await refreshed
    expect(lag.read()[0]).toMatchObject({ records: 800, seconds: 30 })
  })

  it('is requested again if a request timed out while the process was stopped', async () => {
    const { lag, end, ends, clock, handedOver, fail } = await reader()
    handedOver(100)
    await end(100)
    ends.isHeld = true
    clock.advance(1000)
    clock.stop(30_000)
    ends.isHeld = false
    ends.value = 900n
    const refreshed = lag.refresh()
    await fail()
    await refreshed
    expect(lag.read()[0]).toMatchObject({ records: 800, seconds: 31 })
  })

  it('delays a scrape by at most half a second if the broker does not answer', async () => {
    const { lag, end, ends, clock, handedOver, pass } = await reader()
    handedOver(100)
    await end(100)
    ends.isHeld = true
    await pass(3)
    let isOver = false
    const refreshed = lag.refresh().then(() => {
      isOver = true
    })
    clock.advance(499)
    await settle()
    expect(isOver).toBe(false)
    clock.advance(1)
    await refreshed
    expect(clock.pendingTimers).toBe(1)
  })

  it('continues in seconds without the broker if records are known to wait', async () => {
    const { lag, end, ends, handedOver, pass } = await reader()
    handedOver(10)
    await end(500)
    ends.error = new Error('the broker is away')
    await pass(9)
    expect(lag.read()).toEqual([{ topic: 'prices', partition: 0, records: null, seconds: 10 }])
  })

  it('is removed with the partition', async () => {
    const { lag, end, handedOver, assignment } = await reader()
    handedOver(1)
    await end(5)
    assignment.assign([])
    expect(lag.read()).toEqual([])
  })

  it('is unknown after five seconds without end offsets, with a problem', async () => {
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

  it('is not delayed by another topic without an answer', async () => {
    const clock = new FakeClock()
    const assignment = new Assignment(['trades', 'prices'])
    const lag = new ConsumerLag({
      assignment,
      clock,
      readEnds: (topic) =>
        topic === 'prices' ? Promise.resolve(new Map([[0, 5n]])) : new Promise(() => undefined),
    })
    const { gained } = assignment.assign(
      assignment.topics.map((topic) => ({ topic, partition: 0 })),
    )
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
