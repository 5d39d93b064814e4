import { setTimeout as sleep } from 'node:timers/promises'
import { readUsage } from '../process-usage.ts'
import { startServiceProcess } from '../start-subjects.ts'
import { type BenchSetup, type ServiceProcess, withSubject } from './setup.ts'

const INSTRUMENTS = 3000
const RATES = [10_000, 20_000, 30_000, 40_000]
const BURST_MS = 8000
const RAMP_MS = 2000
/** A role carries a rate of which it handles this share. */
const MIN_SHARE = 0.98

/** Each role in a process of its own: the producer alone, then a consumer behind a producer. */
export async function measureRoles(setup: BenchSetup): Promise<void> {
  setup.print(`\nRoles in processes of their own, ${INSTRUMENTS} instruments`)
  setup.print('| role | offered /s | handled /s | CPU us/msg | CPU share | carried |')
  setup.print('| --- | --- | --- | --- | --- | --- |')
  const load = { instruments: INSTRUMENTS, ratePerSecond: 2000 }
  for (const role of ['producer', 'consumer'] as const) {
    let topic = ''
    const start = (options: Parameters<typeof startServiceProcess>[0]) => {
      topic = options.topic
      return startServiceProcess(options, { ROLE: 'producer' })
    }
    await withSubject(setup, load, start, async (producer, exchange) => {
      const place = { brokers: setup.brokers, topic, exchangeUrl: exchange.exchangeUrl }
      const consumer =
        role === 'producer'
          ? null
          : await startServiceProcess(
              { ...place, instruments: exchange.instruments },
              { ROLE: 'consumer' },
            )
      try {
        await sleep(BURST_MS)
        for (const rate of RATES) {
          exchange.setRate(rate)
          await sleep(RAMP_MS)
          const isHandled = await row(setup, role, rate, consumer ?? producer)
          if (!isHandled) break
        }
      } finally {
        await consumer?.stop()
      }
    })
  }
}

async function row(
  setup: BenchSetup,
  role: 'producer' | 'consumer',
  rate: number,
  service: ServiceProcess,
): Promise<boolean> {
  const name = role === 'producer' ? 'produced' : 'consumed'
  const read = async () => ({
    handled: (await service.counts())[name],
    cpuSeconds: readUsage(service.pid).cpuSeconds,
    atMs: performance.now(),
  })
  const before = await read()
  await sleep(setup.seconds * 1000)
  const after = await read()
  const seconds = (after.atMs - before.atMs) / 1000
  const handled = after.handled - before.handled
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  const isHandled = handled / seconds >= rate * MIN_SHARE
  const cells = [role, rate, Math.round(handled / seconds)]
  const costs = [((cpuSeconds * 1e6) / handled).toFixed(1), (cpuSeconds / seconds).toFixed(2)]
  setup.print(`| ${[...cells, ...costs, isHandled ? 'yes' : 'no'].join(' | ')} |`)
  return isHandled
}
