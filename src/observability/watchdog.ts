import { Worker } from 'node:worker_threads'

/** Ticks of the worker without a beat of the event loop before the process is ended. */
const MAX_SILENT_TICKS = 10
const TICK_MS = 1000

export interface LoopWatchdogOptions {
  /** Interval of the checks of the worker, ms. Default 1,000. */
  tickMs?: number
}

/** Data passed to the worker. */
export interface WatchdogOrder {
  /** Counter that the watched event loop increments with each beat. */
  readonly heartbeats: Int32Array
  readonly tickMs: number
  readonly maxSilentTicks: number
}

/**
 * Watches the event loop from a worker thread. After ten ticks (10 s by default) without a beat it
 * logs a fatal line and ends the process with exit code 1. The worker counts its own ticks, so that
 * a suspension of the whole process counts as one tick.
 * @returns a function that stops the watchdog
 */
export function startLoopWatchdog(options: LoopWatchdogOptions = {}): () => Promise<void> {
  const { tickMs = TICK_MS } = options
  const heartbeats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const heartbeat = setInterval(() => Atomics.add(heartbeats, 0, 1), tickMs / 2)
  const order: WatchdogOrder = { heartbeats, tickMs, maxSilentTicks: MAX_SILENT_TICKS }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`watchdog-worker.${extension}`, import.meta.url), {
    workerData: order,
    // The Node.js options of the service do not apply to the worker.
    execArgv: [],
  })
  worker.unref()
  heartbeat.unref()
  return async () => {
    clearInterval(heartbeat)
    await worker.terminate()
  }
}
