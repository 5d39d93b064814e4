import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { JOB } from '../../prometheus/src/generation.ts'
import { readDashboards } from '../ops/dashboards/dashboard-model.ts'
import { LiveRun } from '../ops/dashboards/live-run.ts'
import { PICTURE_FOLDER, pictureHash, PICTURE_HASHES } from '../ops/dashboards/pictures.ts'
import { PrometheusClient } from '../ops/dashboards/prometheus-client.ts'
import { ROOT } from '../ops/programs.ts'
import { findProgram } from '../stack/find-program.ts'
import { collectPicture, emptyPanels } from './collect.ts'
import { drawPictures } from './draw.ts'

const STEP_SECONDS = 5
const BEGINNING_SECONDS = 25
/** What happens meanwhile: so long, with these faults of the exchange. */
const STORY: readonly (readonly [seconds: number, faults: string])[] = [
  [90, ''],
  [12, 'stall'],
  [70, ''],
  [30, 'gap=10,duplicate=20,one-sided@BTC_USDC'],
  [60, 'one-sided@BTC_USDC'],
  [90, 'crossed@XRP_USDC-PERPETUAL,halted@ETH_USDC,one-sided@BTC_USDC'],
]
/** One instrument, as at first. */
const CHOSEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'orderbook-market': {
    instrument: 'BTC-PERPETUAL',
    depth: '1',
    band_bps: '5',
    window: '10s',
  },
}

const chromium = findProgram(
  ['chromium', 'chromium-browser', 'google-chrome'],
  process.env['PATH'] ?? '',
)
if (chromium === null)
  throw new Error('Chromium is not installed: apt-get install chromium (Debian)')
const run = new LiveRun({
  scenario: '',
  scrapeInterval: '5s',
  isImpatient: false,
  services: [{ BOOK_MODE: 'incremental' }],
})
try {
  await run.start()
  const startedSeconds = Math.ceil(Date.now() / 1000)
  process.stdout.write('recording, six minutes\n')
  for (const [seconds, faults] of STORY) {
    await run.setFaults(faults)
    await sleep(seconds * 1000)
  }
  const client = new PrometheusClient(run.prometheusUrl)
  const toSeconds = await run.lastGoodTime(client)
  // A whole number of steps, and without the first seconds, in which rates begin.
  const steps = Math.floor((toSeconds - startedSeconds - BEGINNING_SECONDS) / STEP_SECONDS)
  const fromSeconds = toSeconds - steps * STEP_SECONDS
  const range = { fromSeconds, toSeconds, stepSeconds: STEP_SECONDS }
  const dashboards = readDashboards()
  const data = []
  const empty: string[] = []
  for (const dashboard of dashboards) {
    const chosen = { job: JOB, ...CHOSEN[dashboard.uid] }
    const picture = await collectPicture(dashboard, client, range, chosen)
    empty.push(...emptyPanels(dashboard, picture))
    data.push(picture)
  }
  if (empty.length > 0) throw new Error(empty.join('\n'))
  const pictures = await drawPictures(data, chromium)
  mkdirSync(join(ROOT, PICTURE_FOLDER), { recursive: true })
  pictures.forEach((picture, index) => {
    const file = `${PICTURE_FOLDER}/${dashboards[index]?.uid}.png`
    writeFileSync(join(ROOT, file), picture)
    process.stdout.write(`${file}, ${Math.round(picture.length / 1000)} kB\n`)
  })
  const hashes = Object.fromEntries(
    dashboards.map((dashboard) => [dashboard.uid, pictureHash(dashboard)]),
  )
  writeFileSync(join(ROOT, PICTURE_HASHES), `${JSON.stringify(hashes, null, 2)}\n`)
} finally {
  await run.stop()
}
