import { Worker } from 'node:worker_threads'

/** Ticks of the worker without a beat of the event loop after which the process is ended. */
const MAX_SILENT_TICKS = 10
const TICK_MS = 1000

export interface LoopWatchdogOptions {
  /** Default 1,000. */
  tickMs?: number
}

/** What the worker is given. */
export interface WatchdogOrder {
  /** Grows with each beat of the event loop that is watched. */
  readonly beats: Int32Array
  readonly tickMs: number
  readonly maxSilentTicks: number
}

/**
 * Watches the event loop from a thread of its own, because a loop that stands still can tell nobody:
 * after ten seconds without a beat a fatal line is written and the process ends with exit 1. The worker
 * counts its own ticks, so that a freeze of the whole process counts as one of them.
 * @returns what ends the watch
 */
export function startLoopWatchdog(options: LoopWatchdogOptions = {}): () => Promise<void> {
  const { tickMs = TICK_MS } = options
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const beat = setInterval(() => Atomics.add(beats, 0, 1), tickMs / 2)
  const order: WatchdogOrder = { beats, tickMs, maxSilentTicks: MAX_SILENT_TICKS }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`watchdog-worker.${extension}`, import.meta.url), {
    workerData: order,
    // What the service is started with is not meant for it.
    execArgv: [],
  })
  worker.unref()
  beat.unref()
  return async () => {
    clearInterval(beat)
    await worker.terminate()
  }
}
