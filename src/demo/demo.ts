import process from 'node:process'
import { readConfig } from '../config/config.ts'
import { withoutConnectionSettings } from '../config/describe.ts'
import type { FaultSwitches } from '../model/faults.ts'
import { isInstrumentName } from '../model/status.ts'
import { runService } from '../service.ts'
import type { Simulator } from '../simulator/server/api.ts'
import { FAULTS } from '../simulator/faults/catalogue.ts'
import { DEFAULT_CREDENTIALS } from '../simulator/options.ts'
import { createSimulator } from '../simulator/simulator.ts'
import { DemoTerminal } from './terminal.ts'

/** Number of simulated instruments if INSTRUMENTS is unset. */
const DEMO_INSTRUMENTS = 16

const [ACCOUNT] = DEFAULT_CREDENTIALS
/** Credentials that the simulated exchange requires for raw books. */
const LOGIN = {
  DERIBIT_CLIENT_ID: ACCOUNT.clientId,
  DERIBIT_CLIENT_SECRET: ACCOUNT.clientSecret,
}
/** Traces may go to the console, but not to a collector: the demo is offline. */
const TO_COLLECTOR = /^OTEL_EXPORTER_OTLP_/

/**
 * Runs a simulated exchange, in-process topics and the service in one process, offline. Connection settings
 * in the environment are ignored; all others apply.
 */
export async function runDemo(environment: Readonly<Record<string, string | undefined>>) {
  const offline = withoutConnectionSettings(environment, (name) => TO_COLLECTOR.test(name))
  if (offline['BOOK_INTERVAL'] === 'raw') Object.assign(offline, LOGIN)
  const requested = readConfig(offline, { isStrict: false })
  const isNamed = requested.explicit.has('INSTRUMENTS')
  const names = isNamed ? requested.settings.INSTRUMENTS.filter(isInstrumentName) : []
  const simulator = createSimulator({
    instruments: names.length > 0 ? names : DEMO_INSTRUMENTS,
  })
  await simulator.start()
  const instruments = isNamed ? requested.settings.INSTRUMENTS : simulator.instruments
  const config = readConfig(
    { ...offline, DERIBIT_URL: simulator.url, INSTRUMENTS: instruments.join(',') },
    { isStrict: false },
  )
  const terminal = new DemoTerminal(process.stdout)
  await runService(config, {
    isPretty: true,
    faults: switchesOf(simulator),
    output: terminal.output,
    afterStop: async () => {
      terminal.stop()
      await simulator.stop()
    },
    onStarted(url, { pipeline, snapshots }) {
      terminal.print(welcome(addressToOpen(url), simulator.instruments[0] ?? ''))
      terminal.start(() => ({
        readMs: performance.now(),
        instruments: snapshots?.instruments() ?? [],
        pipeline: pipeline.read(),
      }))
    },
  })
}

/**
 * Returns the URL for a browser on this machine. A service that listens on every address, as in a
 * container, reports a URL that a browser cannot open.
 */
export function addressToOpen(url: string): string {
  return url.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:|$)/, '$1127.0.0.1')
}

function welcome(url: string, instrument: string): string {
  return `
  The demo is running: simulated exchange -> topic -> books -> metrics and API. Stop it with Ctrl-C.

    ${url}/                                    live page with fault switches of the exchange
    ${url}/api/v1/snapshots                    summaries of all live books
    ${url}/api/v1/snapshots/${instrument}      one book with its levels
    ${url}/api/v1/instruments                  instruments with their states
    ${url}/api/v1/pipeline                     delivery of frames and lag of each stage
    ${url}/metrics                             Prometheus metrics
    ${url}/readyz                              readiness probe

`
}

/** Adapts the faults of a simulated exchange to the fault switches of the service. */
export function switchesOf({ faults }: Simulator): FaultSwitches {
  return { available: FAULTS, list: () => faults.list(), set: (wanted) => faults.set(wanted) }
}
