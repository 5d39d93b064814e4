import process from 'node:process'
import { type Browser, chromium } from 'playwright-core'
import { switchesOf } from '../../src/demo/demo.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { startApp } from '../app/start-app.ts'
import { buildPage } from './build-page.ts'

const STOP_MS = 5000

/** The demo, opened in a browser. */
export interface ShownDemo {
  readonly url: string
  readonly browser: Browser
  stop(): Promise<void>
}

/** A simulated exchange, the service and Debian's Chromium; builds the page first. */
export async function showDemo(options: SimulatorOptions): Promise<ShownDemo> {
  await buildPage()
  const simulator = createSimulator(options)
  await simulator.start()
  const { instruments } = simulator
  const { app, url } = await startApp(
    { DERIBIT_URL: simulator.url, INSTRUMENTS: instruments.join(',') },
    { faults: switchesOf(simulator) },
  )
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  return {
    url,
    browser,
    async stop() {
      await browser.close()
      await app.stop(STOP_MS)
      await simulator.stop()
    },
  }
}
