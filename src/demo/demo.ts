import process from 'node:process'
import { readConfig } from '../config/config.ts'
import { withoutConnectionSettings } from '../config/describe.ts'
import type { FaultSwitches } from '../model/faults.ts'
import { isInstrumentName } from '../model/status.ts'
import { runService } from '../service.ts'
import type { Simulator } from '../simulator/api.ts'
import { FAULTS } from '../simulator/faults/catalogue.ts'
import { DEFAULT_CREDENTIALS } from '../simulator/options.ts'
import { createSimulator } from '../simulator/simulator.ts'
import { DemoTerminal } from './terminal.ts'

/** Markets of the demo where INSTRUMENTS names none. */
const DEMO_INSTRUMENTS = 16

const [ACCOUNT] = DEFAULT_CREDENTIALS
/** What the simulated exchange gives raw books for. */
const LOGIN = {
  DERIBIT_CLIENT_ID: ACCOUNT.clientId,
  DERIBIT_CLIENT_SECRET: ACCOUNT.clientSecret,
}
/** Traces may be seen on the console; a collector is somewhere else. */
const TO_COLLECTOR = /^OTEL_EXPORTER_OTLP_/

/**
 * A simulated exchange, a topic inside the process and the service, without any network. The other
 * settings of the environment count as ever; those that would lead out of the process do not.
 */
export async function runDemo(environment: Readonly<Record<string, string | undefined>>) {
  const offline = withoutConnectionSettings(environment, (name) => TO_COLLECTOR.test(name))
  if (offline['BOOK_INTERVAL'] === 'raw') Object.assign(offline, LOGIN)
  const wish = readConfig(offline, { isStrict: false })
  const isNamed = wish.explicit.has('INSTRUMENTS')
  const names = isNamed ? wish.settings.INSTRUMENTS.filter(isInstrumentName) : []
  const simulator = createSimulator({
    instruments: names.length > 0 ? names : DEMO_INSTRUMENTS,
  })
  await simulator.start()
  const instruments = isNamed ? wish.settings.INSTRUMENTS : simulator.instruments
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
      terminal.say(welcome(url, simulator.instruments[0] ?? ''))
      terminal.start(() => ({
        readMs: performance.now(),
        instruments: snapshots?.instruments() ?? [],
        pipeline: pipeline.read(),
      }))
    },
  })
}

function welcome(url: string, instrument: string): string {
  return `
  The demo runs: simulated exchange -> topic -> books -> numbers. Ctrl-C ends it.

    ${url}/                                    the live page, with switches that break the exchange
    ${url}/api/v1/snapshots                    every live book in short
    ${url}/api/v1/snapshots/${instrument}      one book with its levels
    ${url}/api/v1/instruments                  states, and why a number is missing
    ${url}/api/v1/pipeline                     where every frame is, and the lag of each stage
    ${url}/metrics                             for Prometheus
    ${url}/readyz                              what is ready, what is not

`
}

/** The faults of a simulated exchange, as the service shows and switches them. */
export function switchesOf({ faults }: Simulator): FaultSwitches {
  return { available: FAULTS, list: () => faults.list(), set: (wanted) => faults.set(wanted) }
}
