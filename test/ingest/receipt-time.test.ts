import { describe, expect, it } from 'vitest'
import { ReceiptTime } from '../../src/ingest/receipt-time.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'
import * as frames from '../support/frames.ts'
import { CHECKPOINT_MS, ingestFixture } from './ingest-fixture.ts'

const HOURS_2 = 2 * 3_600_000
/** Offset of the exchange's clock from a wall clock that is this far ahead of it. */
const measured = (aheadMs: number) => ({ offsetMs: -aheadMs, roundTripMs: 4, uncertaintyMs: 2 })

function receiptTime({ isStepHeld = true } = {}) {
  const clock = new FakeClock()
  const logger = recordingLogger()
  const exchange: { offset: ReturnType<typeof measured> | null } = { offset: measured(0) }
  const time = new ReceiptTime(
    { isStepHeld },
    { clock, clockOffset: () => exchange.offset, logger },
  )
  return { clock, exchange, logger, time, now: () => time.of(clock.nowMs(), clock.monotonicMs()) }
}

describe('the timestamp of records', () => {
  it('follows the wall clock, small corrections included', () => {
    const { clock, now } = receiptTime()
    for (let second = 0; second < 600; second += 1) {
      clock.advance(1000)
      clock.stepWall(0.5)
      expect(now()).toBe(clock.nowMs())
    }
  })

  it.each([HOURS_2, -HOURS_2])(
    'does not follow a wall clock that is wrongly set by %i ms',
    (step) => {
      const { clock, exchange, now } = receiptTime()
      const startMs = now()
      clock.stepWall(step)
      // Before and after the exchange's clock is measured again.
      for (const offset of [null, measured(step)]) {
        exchange.offset = offset
        clock.advance(1000)
        expect(Math.abs(now() - startMs - clock.monotonicMs() + 5000)).toBeLessThanOrEqual(1)
      }
      clock.stepWall(-step)
      exchange.offset = null
      expect(now()).toBe(clock.nowMs())
    },
  )

  it('follows a corrected wall clock, once the exchange clock confirms it', () => {
    const { clock, exchange, now, logger } = receiptTime()
    exchange.offset = measured(HOURS_2)
    now()
    clock.stepWall(-HOURS_2)
    exchange.offset = null
    expect(now()).toBe(clock.nowMs() + HOURS_2)
    exchange.offset = measured(0)
    expect(now()).toBe(clock.nowMs())
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('follows the wall clock after a sleep, during which the monotonic clock stood still', () => {
    const { clock, exchange, now } = receiptTime()
    now()
    clock.stepWall(HOURS_2)
    exchange.offset = null
    expect(now()).toBe(clock.nowMs() - HOURS_2)
    exchange.offset = measured(3)
    expect(now()).toBe(clock.nowMs())
  })

  it('follows the wall clock alone if only this process reads the records', () => {
    const { clock, now, exchange } = receiptTime({ isStepHeld: false })
    clock.stepWall(HOURS_2)
    exchange.offset = measured(HOURS_2)
    expect(now()).toBe(clock.nowMs())
  })

  it('is used in frames, checkpoints, their headers and the clock offset in these', () => {
    const { clock, feed, receive, sent, checkpoints } = ingestFixture()
    feed.offset = measured(10)
    checkpoints.start()
    receive(frames.groupedSnapshot({ changeId: 1 }))
    clock.stepWall(HOURS_2)
    feed.offset = measured(HOURS_2 + 10)
    sent()
    receive(frames.groupedSnapshot({ changeId: 2 }))
    clock.advance(CHECKPOINT_MS)
    const [frame, checkpoint] = sent()
    const trueMs = clock.nowMs() - HOURS_2
    expect(frame?.timestampMs).toBe(trueMs - CHECKPOINT_MS)
    // Somewhere in between: the time depends on the name of the channel.
    expect(checkpoint?.timestampMs).toBeGreaterThan(trueMs - CHECKPOINT_MS)
    expect(checkpoint?.timestampMs).toBeLessThanOrEqual(trueMs)
    expect(checkpoint).toMatchObject({
      kind: 'checkpoint',
      headers: {
        'verified-at-ms': String(checkpoint?.timestampMs),
        'clock-offset-ms': '-10.000',
      },
    })
  })
})

it('writes a full checkpoint of each book that has moved to another partition', () => {
  const { producer, receive, sent, checkpoints, clock, channelStates } = ingestFixture()
  checkpoints.start()
  receive(frames.snapshot({ changeId: 1 }))
  receive(frames.snapshot({ instrument: frames.ETH, changeId: 1 }))
  clock.advance(100)
  for (const channelState of channelStates.all())
    channelState.lastSnapshotMonotonicMs = clock.monotonicMs()
  sent()
  producer.move('trades', () => true)
  clock.advance(100)
  expect(sent()).toEqual([])
  producer.move('prices', (key) => key === frames.ETH)
  clock.advance(100)
  expect(sent().map(({ key, kind, isWhole }) => ({ key, kind, isWhole }))).toEqual([
    { key: frames.ETH, kind: 'checkpoint', isWhole: true },
  ])
})
