import { describe, expect, it } from 'vitest'
import { OverloadMonitor } from '../../src/topic/overload-monitor.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'

const POLL_MS = 250

/** A monitor with a limit of 1 s; the test sets load and delay. */
function fixture({ isProbed = false } = {}) {
  const clock = new FakeClock()
  const logger = recordingLogger()
  const now: { load: number; delayMs: number | null; isProgressing: boolean } = {
    load: 1,
    delayMs: 0,
    isProgressing: true,
  }
  const monitor = new OverloadMonitor(
    { role: 'producer', delayLimitMs: 1000, isProbed },
    {
      clock,
      logger,
      load: () => now.load,
      delayMs: () => now.delayMs,
      isProgressing: () => now.isProgressing,
      onPoll: () => undefined,
    },
  )
  monitor.start()
  /** Polls with these delays; true if it was an overload after any of them. */
  const pass = (...delaysMs: (number | null)[]) =>
    delaysMs.map((delayMs) => {
      now.delayMs = delayMs
      clock.advance(POLL_MS)
      return monitor.isOverloaded
    })
  const enter = () => pass(1500, 1500, 1500, 1500)
  return { clock, now, logger, monitor, pass, enter }
}

describe('an overload starts', () => {
  it('after records were late for one second while the process was busy', () => {
    expect(fixture().pass(900, 1100, 1300, 1500, 1700, 1900)).toEqual([
      ...Array<boolean>(4).fill(false),
      true,
      true,
    ])
  })

  it('not while the event loop is idle, however late records are', () => {
    const { now, pass } = fixture()
    now.load = 0.7
    expect(pass(...Array<number>(40).fill(60_000))).not.toContain(true)
  })

  it('not while records catch up', () => {
    const { pass } = fixture()
    // Six per cent faster than they come.
    const catchingUp = Array.from({ length: 80 }, (_, poll) => 60_000 - poll * POLL_MS * 0.06)
    expect(pass(...catchingUp)).not.toContain(true)
  })

  it('not while nothing is acknowledged', () => {
    const { now, pass } = fixture()
    now.isProgressing = false
    expect(pass(...Array<number>(40).fill(60_000))).not.toContain(true)
  })

  it('again in half the time and at half the delay, for a minute', () => {
    const { enter, pass, clock } = fixture()
    enter()
    pass(null)
    expect(pass(600, 600)).toEqual([false, true])
    pass(null)
    clock.advance(60_000)
    expect(pass(600, 600, 600, 600, 600)).not.toContain(true)
  })

  it('not after a single stop of the process', () => {
    expect(fixture().pass(0, 8000, 8000, 8000, 0, 8000)).not.toContain(true)
  })

  it('not while the reason of the delay is another one', () => {
    expect(fixture().pass(null, null, null, null, null, null)).not.toContain(true)
  })
})

describe('an overload ends', () => {
  it('when nothing was dropped for two seconds', () => {
    const { enter, pass, monitor } = fixture()
    enter()
    for (let poll = 0; poll < 40; poll += 1) {
      monitor.noteDropped()
      expect(pass(100)).toEqual([true])
    }
    expect(pass(...Array<number>(7).fill(100))).toEqual([...Array<boolean>(6).fill(true), false])
  })

  it('when the process was not busy for two seconds', () => {
    const { enter, pass, monitor, now } = fixture()
    enter()
    now.load = 0.4
    const states = Array.from({ length: 9 }, () => {
      monitor.noteDropped()
      return pass(100)[0]
    })
    expect(states.filter(Boolean)).toHaveLength(7)
  })

  it('at once when the topic is not available', () => {
    const { enter, pass, logger } = fixture()
    expect(enter().at(-1)).toBe(true)
    expect(pass(null)).toEqual([false])
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'overloaded, dropping superseded records',
      'no longer overloaded',
    ])
  })

  it.each([
    [true, false],
    [false, true],
  ])(
    'after ten seconds without delay where everything is dropped meanwhile: %s',
    (isProbed, isOn) => {
      const { enter, pass, monitor } = fixture({ isProbed })
      enter()
      for (let poll = 0; poll < 41; poll += 1) {
        monitor.noteDropped()
        pass(100)
      }
      expect(monitor.isOverloaded).toBe(isOn)
    },
  )
})
