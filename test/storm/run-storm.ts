import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { ReferenceChecker } from './reference-checker.ts'
import { type Scenario, scenariosFor, SILENCE_MS, STALE_AFTER_MS } from './scenarios.ts'

const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL', 'BTC-25DEC26-90000-C']
/** Pause between two scenarios. */
const CALM_MS = 1300

/**
 * Runs one exchange and a service per book mode through all scenarios, while a checker
 * reads all values. Ends when all books are live again.
 */
export async function runStorm(
  pick: (scenarios: Scenario[]) => Scenario[],
): Promise<ReferenceChecker> {
  const simulator = await startSimulator({
    instruments: INSTRUMENTS,
    ratePerSecond: INSTRUMENTS.length * 4,
    historyMs: 60_000,
  })
  const settings = {
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: INSTRUMENTS.join(','),
    STALE_AFTER_MS: String(STALE_AFTER_MS),
    CHECKPOINT_MS: '500',
    INSTRUMENT_SILENCE_MS: String(SILENCE_MS),
  }
  // Reconnect delays are short, because they are not tested here.
  const deps = { random: () => 0.02 }
  const grouped = await startService(settings, deps)
  const incremental = await startService({ ...settings, BOOK_MODE: 'incremental' }, deps)
  const services = new Map([
    ['grouped', grouped],
    ['incremental', incremental],
  ])
  const allLive = () =>
    eventually(
      async () => {
        for (const service of services.values()) {
          for (const instrument of INSTRUMENTS) {
            const state = await service.state(instrument)
            if (state !== 'live') throw new Error(`${instrument} is ${state}`)
          }
        }
      },
      { timeoutMs: 60_000 },
    )
  await allLive()
  const checker = new ReferenceChecker(simulator, services)
  checker.start()
  for (const { faults, grace, durationMs } of pick(scenariosFor(INSTRUMENTS))) {
    const allowed = checker.allow(faults, grace)
    simulator.faults.set(faults)
    await sleep(durationMs)
    simulator.faults.clear()
    allowed.end()
    await sleep(CALM_MS)
  }
  await allLive()
  await checker.stop()
  expect(grouped.fatal).toEqual([])
  expect(incremental.fatal).toEqual([])
  return checker
}
