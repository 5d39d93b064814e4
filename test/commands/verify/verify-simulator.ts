import { setImmediate } from 'node:timers/promises'
import { probe } from '../../../src/commands/verify/verify.ts'
import type { CheckResult } from '../../../src/commands/verify/findings.ts'
import { Verifier } from '../../../src/commands/verify/verifier.ts'
import { Capture } from '../../../src/deribit/capture/capture.ts'
import type { RecordedLine } from '../../../src/recording/recorded-line.ts'
import type { Simulator } from '../../../src/simulator/server/api.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import { createSimulator } from '../../../src/simulator/simulator.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { FakeClock } from '../../support/fake-clock.ts'

export interface VerifyRun {
  readonly checks: readonly CheckResult[]
  readonly lines: readonly RecordedLine[]
  /** Ids of the contradicted checks. */
  readonly contradicted: readonly string[]
  /** Ids of the checks with known exceptions, without the fields that the simulator adds. */
  readonly exceptional: readonly string[]
}

export interface VerifyOptions {
  simulator?: SimulatorOptions
  /** Default: BTC-PERPETUAL. */
  instruments?: readonly string[]
  seconds?: number
  /** Called 4 s after the start. */
  meanwhile?: (simulator: Simulator) => void
}

const STEP_MS = 100
const TICKS_PER_STEP = 6
const MEANWHILE_AFTER_MS = 4000

/** Runs the live check against a simulator, both on a fake clock. */
export async function verifySimulator(options: VerifyOptions = {}): Promise<VerifyRun> {
  const clock = new FakeClock()
  const simulator = createSimulator(
    { instruments: ['BTC-PERPETUAL', 'ETH-PERPETUAL'], ratePerSecond: 20, ...options.simulator },
    { clock },
  )
  await simulator.start()
  registerCleanUp(() => simulator.stop())
  const verifier = new Verifier()
  const lines: RecordedLine[] = []
  const capture = new Capture(
    {
      url: simulator.url,
      instruments: options.instruments ?? ['BTC-PERPETUAL'],
      maxInstruments: 100,
    },
    {
      clock,
      onLine: (line) => {
        lines.push(line)
        verifier.add(line, lines.length)
      },
      sendRequests: probe,
    },
  )
  const durationMs = (options.seconds ?? 20) * 1000
  const run = capture.run(durationMs)
  for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
    if (passedMs === MEANWHILE_AFTER_MS) options.meanwhile?.(simulator)
    for (let tick = 0; tick < TICKS_PER_STEP; tick += 1) await setImmediate()
    clock.advance(STEP_MS)
  }
  await run
  const checks = verifier.end(clock.nowMs())
  return {
    checks,
    lines,
    contradicted: checks
      .filter(({ outcome }) => outcome === 'contradicted')
      .map(({ id, kinds }) => `${id}: ${Object.keys(kinds).join(', ')}`),
    exceptional: checks
      .filter(({ exceptionExample }) => isOfExchange(exceptionExample?.detail))
      .map(({ id }) => id),
  }
}

function isOfExchange(detail: string | undefined): boolean {
  return detail !== undefined && !detail.startsWith('field of the simulator')
}
