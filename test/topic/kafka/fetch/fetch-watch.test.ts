import { describe, expect, it } from 'vitest'
import { Assignment } from '../../../../src/topic/consumer/assignment.ts'
import { FetchWatch } from '../../../../src/topic/kafka/fetch/fetch-watch.ts'
import { recordingLogger } from '../../../http/fakes.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** A watch of `prices/0` and `trades/0`, both read up to offset 7. */
function watchFixture() {
  const clock = new FakeClock()
  const logger = recordingLogger()
  const assignment = new Assignment(['prices', 'trades'])
  const { gained } = assignment.assign([
    { topic: 'prices', partition: 0 },
    { topic: 'trades', partition: 0 },
  ])
  for (const state of gained) state.next = 7n
  const refused: string[] = []
  let lost = 0
  const watch = new FetchWatch(
    { tradesTopic: 'trades' },
    {
      assignment,
      clock,
      logger,
      onRefused: (problem) => refused.push(problem),
      onLost: () => {
        lost += 1
      },
    },
  )
  const reply = (topic: string, errorCode: number, stable = 7n, end = 7n) =>
    watch.onPartition({
      topic,
      partition: 0,
      errorCode,
      highWatermark: end,
      lastStableOffset: stable,
    })
  return { clock, logger, assignment, watch, refused, reply, lostCount: () => lost }
}

describe('an error of a partition', () => {
  it.each([-1, 2, 29, 56, 99])('of the trades topic does not affect the books: %d', (code) => {
    const { reply, refused } = watchFixture()
    expect(reply('trades', code)).toBe(0)
    expect(refused).toHaveLength(1)
  })

  it.each([3, 5, 6, 74, 75])('caused by a leader change is handled by the client: %d', (code) => {
    const { reply, refused, lostCount } = watchFixture()
    expect([reply('trades', code), reply('prices', code)]).toEqual([code, code])
    expect([refused.length, lostCount()]).toEqual([0, 1])
  })

  it.each([-1, 2, 56])('of the books does not block other partitions: %d', (code) => {
    const { reply, watch, logger } = watchFixture()
    expect([reply('prices', code), reply('prices', code)]).toEqual([0, 0])
    expect(watch.problemOf('prices')).toMatch(/^partition 0: the broker rejects fetches/)
    expect(watch.problemOf('trades')).toBeNull()
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn'])
    reply('prices', 0)
    expect(watch.problemOf('prices')).toBeNull()
  })

  it('of the books ends the consumer if reading is not authorized', () => {
    const { reply } = watchFixture()
    expect([reply('prices', 29), reply('prices', 1), reply('prices', 99)]).toEqual([29, 1, 99])
  })
})

describe('records of an open transaction', () => {
  it('are a problem after a while, and none once they are read', () => {
    const { reply, watch, clock, assignment, logger } = watchFixture()
    reply('prices', 0, 7n, 12n)
    expect(assignment.get('prices', 0)?.highWatermark).toBe(12n)
    clock.advance(4999)
    reply('prices', 0, 7n, 13n)
    expect(watch.problemOf('prices')).toBeNull()
    clock.advance(1)
    reply('prices', 0, 7n, 13n)
    reply('prices', 0, 7n, 14n)
    expect(watch.problemOf('prices')).toBe(
      'partition 0: records from offset 7 are waiting for an open transaction',
    )
    reply('prices', 0, 14n, 14n)
    expect(watch.problemOf('prices')).toBeNull()
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('do not include records that are only unread', () => {
    const { reply, watch, clock } = watchFixture()
    for (let second = 0; second < 20; second += 1) {
      reply('prices', 0, 9n, 12n)
      clock.advance(1000)
    }
    expect(watch.problemOf('prices')).toBeNull()
  })
})
