import { setTimeout as sleep } from 'node:timers/promises'
import { medianOf } from '../median.ts'
import { startBareLoop, startServiceProcess } from '../start-subjects.ts'
import type { Subject } from '../subject.ts'
import { measureWindow, RESULT_HEADER, resultRow } from '../window.ts'
import { type BenchSetup, withSubject } from './setup.ts'

const INSTRUMENTS = 3000
const LADDER = Array.from({ length: 17 }, (_, rung) => 10_000 + rung * 2500)
/** Rate between two rungs, at which nothing may be pending. */
const IDLE_RATE = 2000
const BURST_SECONDS = 6
const WARM_UP = { ratePerSecond: 10_000, seconds: 6 }
const RAMP_SECONDS = 1
const REST_SECONDS = 1
/** Longest wait for what is pending from an earlier rung. */
const MAX_RESTS = 10

const SUBJECTS = [startBareLoop, startServiceProcess] as const

/**
 * Raises the rate on the same ladder for both subjects, interleaved, until a rung is not carried.
 * The start-up burst and the compiler's warm-up are over before the first rung.
 * @returns median of the service's rates
 */
export async function measureHighest(setup: BenchSetup): Promise<number> {
  setup.print(`\nHighest sustained rate, ${INSTRUMENTS} instruments, rungs of ${setup.seconds} s`)
  setup.print(RESULT_HEADER)
  const found: [number, number][] = []
  for (let round = 1; round <= setup.rounds; round += 1) {
    const rates: Record<number, number> = {}
    // The order alternates.
    for (const index of round % 2 === 0 ? [1, 0] : [0, 1]) {
      const start = SUBJECTS[index]
      if (start !== undefined) rates[index] = await climb(setup, start)
    }
    const [bare = NaN, service = NaN] = [rates[0], rates[1]]
    found.push([bare, service])
    const ratio = (service / bare).toFixed(2)
    setup.print(`round ${round}: bare loop ${bare}/s, service ${service}/s, ratio ${ratio}`)
  }
  const ratio = medianOf(found.map(([bare, service]) => service / bare))
  const median = medianOf(found.map(([, service]) => service))
  setup.print(
    `\nhighest sustained rate: service ${median}/s, ${ratio.toFixed(2)} of the bare loop (medians of ${setup.rounds} rounds)`,
  )
  return median
}

/** The highest rung that one process carries, messages a second. */
export function climb(setup: BenchSetup, start: (typeof SUBJECTS)[number]): Promise<number> {
  const load = { instruments: INSTRUMENTS, ratePerSecond: IDLE_RATE }
  return withSubject(setup, load, start, async (subject, exchange) => {
    await sleep(BURST_SECONDS * 1000)
    exchange.setRate(WARM_UP.ratePerSecond)
    await sleep(WARM_UP.seconds * 1000)
    let highest = 0
    for (const ratePerSecond of LADDER) {
      exchange.setRate(IDLE_RATE)
      await settle(subject)
      exchange.setRate(ratePerSecond)
      await sleep(RAMP_SECONDS * 1000)
      const result = await measureWindow(subject, exchange, {
        ratePerSecond,
        seconds: setup.seconds,
      })
      setup.print(resultRow(result))
      if (!result.isSustained) break
      highest = ratePerSecond
    }
    return highest
  })
}

/** Waits until the subject has caught up: it consumes no more than it receives. */
async function settle(subject: Subject): Promise<void> {
  await sleep(REST_SECONDS * 1000)
  let before = await subject.counts()
  for (let rest = 0; rest < MAX_RESTS; rest += 1) {
    await sleep(REST_SECONDS * 1000)
    const after = await subject.counts()
    const received = after.received - before.received
    const consumed = after.consumed - before.consumed
    if (Math.abs(consumed - received) < IDLE_RATE / 10) return
    before = after
  }
}
