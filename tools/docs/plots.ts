/**
 * Draws docs/images/analytics.svg: every number of one instrument over some minutes of the simulator,
 * with the feed silent in between. Run by hand (`npm run docs:plots`), because it takes that long.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SnapshotView } from '../../src/model/snapshot.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { startApp } from '../app/start-app.ts'
import { renderSheet, type Chart, type Series } from './chart.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const SECONDS = 240
const SILENT = { from: 130, to: 150 }
const FOLDER = new URL('../../docs/images/', import.meta.url)
const BANDS = [1, 2, 5]
const WINDOWS = ['1s', '10s', '60s']

const simulator = createSimulator({ instruments: 8, ratePerSecond: 80, seed: 7 })
await simulator.start()
const { app } = await startApp({
  DERIBIT_URL: simulator.url,
  INSTRUMENTS: simulator.instruments.join(','),
  BOOK_DEPTH: '20',
  BANDS_BPS: BANDS.join(','),
})

/** One sample per second; null where the book was not live. */
const views: (SnapshotView | null)[] = []
for (let second = 0; second < SECONDS; second += 1) {
  if (second === SILENT.from) simulator.faults.set('stall')
  if (second === SILENT.to) simulator.faults.set('')
  await sleep(1000)
  const view = app.snapshots?.snapshot(INSTRUMENT, 1) ?? null
  views.push(view?.state === 'live' ? view : null)
}
await app.stop(5000)
await simulator.stop()

const line = (name: string, of: (view: SnapshotView) => number | null | undefined): Series => ({
  name,
  values: views.map((view) => (view === null ? null : (of(view) ?? null))),
})
const overWindows = (
  of: (numbers: SnapshotView['windows'][number]) => number | null,
  names = WINDOWS,
) =>
  names.map((name) =>
    line(name, ({ windows }) => {
      const numbers = windows[WINDOWS.indexOf(name)]
      return numbers === undefined ? null : of(numbers)
    }),
  )

const charts: Chart[] = [
  {
    title: 'mid-price and weighted mid',
    unit: 'USD',
    digits: 1,
    series: [
      line('mid', ({ midPrice }) => midPrice),
      line('weighted', ({ weightedMidPrice }) => weightedMidPrice),
    ],
  },
  {
    title: 'spread',
    unit: 'USD',
    digits: 2,
    series: [line('spread', ({ spread }) => spread)],
  },
  {
    title: 'imbalance at depth',
    unit: 'ratio',
    digits: 1,
    series: [1, 5, 10].map((depth, index) =>
      line(String(depth), ({ imbalances }) => imbalances[index]),
    ),
  },
  {
    title: 'depth within basis points, bids',
    unit: 'USD',
    digits: 0,
    series: BANDS.map((bps, index) => line(`${bps} bps`, ({ bands }) => bands[index]?.bid)),
  },
  {
    title: 'imbalance within basis points',
    unit: 'ratio',
    digits: 1,
    series: BANDS.map((bps, index) => line(`${bps} bps`, ({ bands }) => bands[index]?.imbalance)),
  },
  {
    title: 'order flow imbalance',
    unit: 'USD',
    digits: 0,
    series: overWindows(({ orderFlowImbalance }) => orderFlowImbalance),
  },
  {
    title: 'order flow imbalance, ratio',
    unit: 'ratio',
    digits: 1,
    series: overWindows(({ orderFlowImbalanceRatio }) => orderFlowImbalanceRatio),
  },
  {
    title: 'trade-flow imbalance',
    unit: 'ratio',
    digits: 1,
    series: overWindows(({ tradeFlowImbalance }) => tradeFlowImbalance),
  },
  {
    title: 'realised volatility, annualised',
    unit: 'ratio',
    digits: 2,
    series: overWindows(({ realizedVolatility }) => realizedVolatility, ['10s', '60s']),
  },
  {
    title: 'imbalance of the last 10 s: least, mean, greatest',
    unit: 'ratio',
    digits: 1,
    series: [
      line('least', ({ windows }) => windows[1]?.imbalanceMin),
      line('mean', ({ windows }) => windows[1]?.imbalanceMean),
      line('greatest', ({ windows }) => windows[1]?.imbalanceMax),
    ],
  },
  {
    title: 'coverage of the windows',
    unit: 'ratio',
    digits: 1,
    series: overWindows(({ coverage }) => coverage),
  },
]

await mkdir(FOLDER, { recursive: true })
const svg = renderSheet({
  title: `${INSTRUMENT} of the simulator, one sample per second`,
  stepSeconds: 1,
  marks: [{ ...SILENT, text: 'the exchange sends nothing' }],
  charts,
})
await writeFile(new URL('analytics.svg', FOLDER), svg)
process.stdout.write(`docs/images/analytics.svg: ${(svg.length / 1000).toFixed(0)} kB\n`)
process.exit(0)
