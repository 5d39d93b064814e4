import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from '../programs.ts'
import { askDashboards } from './ask-dashboards.ts'
import { askDocument } from './ask-document.ts'
import { readDashboards } from './dashboard-model.ts'
import { LiveRun } from './live-run.ts'
import { PrometheusClient } from './prometheus-client.ts'
import { WITHOUT_DATA } from './without-data.ts'

/** Long enough for half of the longest window, and for rates. */
const RECORDING_MS = 60_000
const STEP_SECONDS = 2
/** The first seconds are excluded: some series begin with the second scrape. */
const RANGE_SECONDS = 50
/** Page whose queries run too. */
const DOCUMENT = 'docs/promql.md'
/** Faults of the exchange that make their series appear. */
const SCENARIO = [
  'gap=20',
  'garbage=50',
  'duplicate=20',
  'crossed@XRP_USDC-PERPETUAL',
  'halted@ETH_USDC',
  'one-sided@BTC_USDC',
].join(',')

/** Checks that every query of dashboards and docs has data in a live run scraped by a real Prometheus. */
export async function checkQueries(): Promise<string[]> {
  // Both book modes, and two processes that export the same instrument, like redundant producers.
  const services = [{ BOOK_MODE: 'grouped' }, { BOOK_MODE: 'incremental' }]
  const run = new LiveRun({
    scenario: SCENARIO,
    scrapeInterval: '2s',
    isImpatient: true,
    services,
  })
  try {
    await run.start()
    await sleep(RECORDING_MS / 2)
    await run.addFaults('reset')
    await sleep(RECORDING_MS / 2)
    const client = new PrometheusClient(run.prometheusUrl)
    const toSeconds = await run.lastGoodTime(client)
    const ofDashboards = await askDashboards(
      readDashboards(),
      client,
      { fromSeconds: toSeconds - RANGE_SECONDS, toSeconds, stepSeconds: STEP_SECONDS },
      WITHOUT_DATA,
    )
    const page = readFileSync(join(ROOT, DOCUMENT), 'utf8')
    const ofDocument = await askDocument(page, client, toSeconds)
    return [...ofDashboards, ...ofDocument.map((problem) => `${DOCUMENT}, ${problem}`)]
  } finally {
    await run.stop()
  }
}
