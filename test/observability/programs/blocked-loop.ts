import process from 'node:process'
import { startLoopWatchdog } from '../../../src/observability/watchdog.ts'

/** Blocks its event loop on SIGUSR2; keeps running otherwise, and prints its ticks on SIGHUP. */
startLoopWatchdog({ tickMs: 100 })
setInterval(() => undefined, 1000)
process.on('SIGUSR2', () => {
  process.stdout.write('blocking\n')
  for (;;);
})
let ticks = 0
process.on('SIGHUP', () => {
  process.stdout.write(`tick ${ticks}\n`)
  ticks += 1
})
process.stdout.write('watched\n')
