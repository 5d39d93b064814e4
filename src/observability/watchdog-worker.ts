import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import process from 'node:process'
import { workerData } from 'node:worker_threads'
import type { WatchdogOrder } from './watchdog.ts'

const STDOUT = 1
/** If the exit takes longer than this, the process is killed. */
const EXIT_WITHIN_MS = 2000

const { heartbeats, tickMs, maxSilentTicks } = workerData as WatchdogOrder
let lastHeartbeats = Atomics.load(heartbeats, 0)
let silentTicks = 0

const ticks = setInterval(() => {
  const now = Atomics.load(heartbeats, 0)
  silentTicks = now === lastHeartbeats ? silentTicks + 1 : 0
  lastHeartbeats = now
  if (silentTicks < maxSilentTicks) return
  clearInterval(ticks)
  end()
}, tickMs)

function end(): void {
  const line = {
    level: 'fatal',
    time: new Date().toISOString(),
    component: 'watchdog',
    silentMs: silentTicks * tickMs,
    msg: 'event loop is blocked, exiting',
  }
  writeSync(STDOUT, `${JSON.stringify(line)}\n`)
  // A worker thread cannot end its process with an exit code, but the inspector protocol can
  // interrupt the main thread even in an endless loop. If it fails, the main thread runs no
  // JavaScript at all.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), EXIT_WITHIN_MS)
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.evaluate', { expression: 'process.reallyExit(1)' })
}
