import process from 'node:process'
import { startLoopWatchdog } from '../../../src/observability/watchdog.ts'

/** Blocks its event loop on SIGUSR2; keeps running otherwise. */
startLoopWatchdog({ tickMs: 100 })
setInterval(() => undefined, 1000)
process.on('SIGUSR2', () => {
  process.stdout.write('blocking\n')
  for (;;);
})
process.stdout.write('watched\n')
