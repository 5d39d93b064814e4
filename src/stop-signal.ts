import process from 'node:process'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/**
 * Ctrl-C reaches every process of the terminal, and npm hands it on to its child once more: what
 * comes within this is the same wish.
 */
const SAME_WISH_MS = 500

/**
 * Calls `onStop` at the first SIGINT or SIGTERM; a further one ends the process at once with exit 1.
 * The listeners stay: while one is exchanged for another a signal would have its default effect.
 */
export function onStopSignal(onStop: (signal: NodeJS.Signals) => void): void {
  let firstMs: number | null = null
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    if (firstMs === null) {
      firstMs = nowMs
      onStop(signal)
    } else if (nowMs - firstMs > SAME_WISH_MS) {
      process.exit(1)
    }
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}
