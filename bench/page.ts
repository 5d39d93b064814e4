import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import { showDemo } from '../tools/web/shown-demo.ts'

const INSTRUMENTS = 20
/** Ten per second and book, the maximum of the stream. */
const RATE_PER_SECOND = 200
const WARM_UP_MS = 15_000
const MEASURED_MS = 60_000
const PARTS = 6

interface Reading {
  readonly busySeconds: number
  readonly scriptSeconds: number
  readonly layoutSeconds: number
  readonly heapBytes: number
  readonly nodes: number
}

async function read(session: CDPSession): Promise<Reading> {
  const { metrics } = await session.send('Performance.getMetrics')
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
  return {
    busySeconds: of('TaskDuration'),
    scriptSeconds: of('ScriptDuration'),
    layoutSeconds: of('LayoutDuration') + of('RecalcStyleDuration'),
    heapBytes: of('JSHeapUsedSize'),
    nodes: of('Nodes'),
  }
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(2)
const percent = (part: number) => `${(100 * part).toFixed(1)} %`
const say = (line: string) => process.stdout.write(`${line}\n`)

/** Measures the CPU share of the page on the browser's main thread, and its heap. */
const demo = await showDemo({
  instruments: INSTRUMENTS,
  ratePerSecond: RATE_PER_SECOND,
})
try {
  const page = await demo.browser.newPage({ viewport: { width: 1440, height: 1080 } })
  await page.goto(demo.url)
  const session = await page.context().newCDPSession(page)
  // CPU time of the thread, because wall time on a shared machine includes other programs.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  await sleep(WARM_UP_MS)
  say('| after s | busy | script | layout | heap MiB | nodes |')
  say('| ------- | ---- | ------ | ------ | -------- | ----- |')
  // Garbage collection between the readings belongs to neither of them.
  await session.send('HeapProfiler.collectGarbage')
  let before = await read(session)
  const first = before
  let busySeconds = 0
  const partSeconds = MEASURED_MS / PARTS / 1000
  for (let part = 1; part <= PARTS; part += 1) {
    await sleep(MEASURED_MS / PARTS)
    const now = await read(session)
    const busy = now.busySeconds - before.busySeconds
    busySeconds += busy
    await session.send('HeapProfiler.collectGarbage')
    const clean = await read(session)
    const cells = [
      String(part * partSeconds),
      percent(busy / partSeconds),
      percent((now.scriptSeconds - before.scriptSeconds) / partSeconds),
      percent((now.layoutSeconds - before.layoutSeconds) / partSeconds),
      mebibytes(clean.heapBytes),
      String(clean.nodes),
    ]
    say(`| ${cells.join(' | ')} |`)
    before = clean
  }
  const growth = before.heapBytes - first.heapBytes
  say(`busy ${percent((busySeconds * 1000) / MEASURED_MS)} of the time (bound: 20 %)`)
  say(`heap after collection ${mebibytes(first.heapBytes)} -> ${mebibytes(before.heapBytes)} MiB`)
  if ((busySeconds * 1000) / MEASURED_MS >= 0.2 || growth > 2 ** 20) process.exitCode = 1
} finally {
  await demo.stop()
}
