import { switchesOf } from '../../src/demo/demo.ts'
import type { Simulator } from '../../src/simulator/server/api.ts'
import { buildPage } from '../../tools/web/build-page.ts'
import { startService, startSimulator } from '../pipeline/running-service.ts'

export const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC', 'SOL_USDC-PERPETUAL']
export const STALE_AFTER_MS = 3000

/** Short staleness limit, and windows that a test can wait for. */
const SETTINGS = {
  INSTRUMENTS: INSTRUMENTS.join(','),
  STALE_AFTER_MS: String(STALE_AFTER_MS),
  CHECKPOINT_MS: '500',
  WINDOWS_MS: '1000,3000',
}

/**
 * Starts a simulated exchange and the service, like the demo; both are stopped with the file or
 * test.
 */
export async function startDemo(settings: Readonly<Record<string, string>> = {}) {
  await buildPage()
  const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 20 })
  const service = await startServiceOn(simulator, settings)
  return { simulator, service }
}

export function startServiceOn(
  simulator: Simulator,
  settings: Readonly<Record<string, string>> = {},
) {
  return startService(
    { DERIBIT_URL: simulator.url, ...SETTINGS, ...settings },
    {
      faults: switchesOf(simulator),
    },
  )
}
