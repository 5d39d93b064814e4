import { expect, it } from 'vitest'
import { systemClock } from '../../src/time/clock.ts'
import { EventLoopLoad } from '../../src/time/event-loop-load.ts'
import { eventually } from '../support/eventually.ts'
import { FakeClock } from '../support/fake-clock.ts'

it('is the share of active time since the last measurement, at most four times a second', () => {
  const clock = new FakeClock()
  const times = { active: 1000, idle: 9000 }
  const load = new EventLoopLoad(clock, () => ({ ...times }))
  const pass = (activeMs: number, idleMs: number) => {
    times.active += activeMs
    times.idle += idleMs
    clock.advance(activeMs + idleMs)
    return load.read()
  }
  expect(load.read()).toBe(0)
  expect(pass(225, 75)).toBe(0.75)
  expect(pass(0, 100)).toBe(0.75)
  expect(pass(50, 350)).toBe(0.1)
  expect(pass(400, 0)).toBe(1)
})

it('rises while the process computes', async () => {
  const load = new EventLoopLoad(systemClock)
  await eventually(() => {
    const endMs = performance.now() + 300
    while (performance.now() < endMs);
    return load.read() > 0.8
  })
})
