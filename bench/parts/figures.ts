import { setTimeout as sleep } from 'node:timers/promises'
import { medianOf } from '../median.ts'
import { readUsage } from '../process-usage.ts'
import { startBareLoop, startServiceProcess } from '../start-subjects.ts'
import { measureWindow, RESULT_HEADER, resultRow } from '../window.ts'
import { areAllLive, type BenchSetup, secondsUntil, withSubject } from './setup.ts'

const WARM_UP_MS = 10_000
const START_LIMIT_SECONDS = 90
const MEMORY_EVERY_MS = 2000

/** Latency at 200/s and CPU per message at 10,000/s, beside the bare loop. */
export async function measureFixed(setup: BenchSetup): Promise<void> {
  setup.print('\nFixed loads')
  setup.print(RESULT_HEADER)
  const ratios: number[] = []
  const loads = [
    { instruments: 20, ratePerSecond: 200, rounds: 1 },
    { instruments: 3000, ratePerSecond: 10_000, rounds: Math.min(3, setup.rounds) },
  ]
  for (const { rounds, ...load } of loads) {
    for (let round = 0; round < rounds; round += 1) {
      const cpu: number[] = []
      for (const start of [startBareLoop, startServiceProcess]) {
        const result = await withSubject(setup, load, start, async (subject, exchange) => {
          await sleep(WARM_UP_MS)
          const window = { ratePerSecond: load.ratePerSecond, seconds: 2 * setup.seconds }
          return measureWindow(subject, exchange, window)
        })
        setup.print(resultRow(result))
        cpu.push(result.cpuMicrosecondsPerMessage)
      }
      if (load.ratePerSecond === 10_000) ratios.push((cpu[1] ?? NaN) / (cpu[0] ?? NaN))
    }
  }
  const all = ratios.map((ratio) => ratio.toFixed(2)).join(', ')
  setup.print(
    `\nCPU per message at 10,000/s: ${medianOf(ratios).toFixed(2)} x the bare loop (${all})`,
  )
}

/** Cost of a message from 10 to 3,000 instruments, at 5,000/s. */
export async function measureSizes(setup: BenchSetup): Promise<void> {
  setup.print('\nCost by number of instruments, 5,000/s')
  setup.print(RESULT_HEADER)
  const costs: number[] = []
  for (const instruments of [10, 100, 1000, 3000]) {
    const load = { instruments, ratePerSecond: 5000 }
    const result = await withSubject(
      setup,
      load,
      startServiceProcess,
      async (subject, exchange) => {
        await sleep(WARM_UP_MS)
        const window = { ratePerSecond: load.ratePerSecond, seconds: 2 * setup.seconds }
        return measureWindow(subject, exchange, window)
      },
    )
    setup.print(resultRow({ ...result, name: `${instruments} instruments` }))
    costs.push(result.cpuMicrosecondsPerMessage)
  }
  setup.print(`\nlargest by smallest cost: ${(Math.max(...costs) / Math.min(...costs)).toFixed(2)}`)
}

/** Time until 5,000 books are live, from the start of the process, at 15,000/s from the start. */
export async function measureStart(setup: BenchSetup): Promise<void> {
  const instruments = 5000
  setup.print(`\nCold start of ${instruments} instruments at 15,000/s`)
  let startedMs = 0
  const start = (options: Parameters<typeof startServiceProcess>[0]) => {
    startedMs = performance.now()
    return startServiceProcess(options)
  }
  await withSubject(setup, { instruments, ratePerSecond: 15_000 }, start, async (service) => {
    const ranMs = performance.now() - startedMs
    const seconds = await secondsUntil(() => areAllLive(service, instruments), START_LIMIT_SECONDS)
    setup.print(`all live ${(ranMs / 1000 + seconds).toFixed(1)} s after the start of the process`)
  })
}

/** Resident memory at 2 and at 3,000 instruments, and its slope in the second half. */
export async function measureMemory(setup: BenchSetup, seconds: number): Promise<void> {
  setup.print(`\nMemory, ${seconds} s each, slope over the last ${Math.round(seconds * 0.7)} s`)
  setup.print('| instruments | changes /s | RSS median MB | RSS highest MB | slope MB/min |')
  setup.print('| --- | --- | --- | --- | --- |')
  for (const load of [
    { instruments: 2, ratePerSecond: 20 },
    { instruments: 3000, ratePerSecond: 10_000 },
  ]) {
    await withSubject(setup, load, startServiceProcess, async (service) => {
      const startedMs = performance.now()
      const points: { minutes: number; megabytes: number }[] = []
      while (performance.now() - startedMs < seconds * 1000) {
        await sleep(MEMORY_EVERY_MS)
        const megabytes = readUsage(service.pid).rssBytes / 1e6
        points.push({ minutes: (performance.now() - startedMs) / 60_000, megabytes })
      }
      const late = points.filter(({ minutes }) => minutes * 60 > seconds * 0.3)
      const sizes = late.map(({ megabytes }) => megabytes)
      const cells = [load.instruments, load.ratePerSecond, medianOf(sizes).toFixed(0)]
      setup.print(
        `| ${[...cells, Math.max(...sizes).toFixed(0), slopeOf(late).toFixed(2)].join(' | ')} |`,
      )
    })
  }
}

/** Least squares, MB a minute. */
function slopeOf(points: readonly { minutes: number; megabytes: number }[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const at = mean(points.map(({ minutes }) => minutes))
  const of = mean(points.map(({ megabytes }) => megabytes))
  const over = points.reduce((sum, p) => sum + (p.minutes - at) * (p.megabytes - of), 0)
  return over / points.reduce((sum, p) => sum + (p.minutes - at) ** 2, 0)
}
