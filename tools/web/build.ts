import process from 'node:process'
import { messageOf } from '../../src/errors.ts'
import { checkBuiltPage } from './built-page.ts'

/** Builds the live page; with `--if-needed` only where it differs from the current sources. */
if (process.argv.includes('--if-needed')) await buildIfNeeded()
else await (await import('./build-page.ts')).buildPage()

/** Build before a start, which must not fail because of the page: prints a problem in one line. */
async function buildIfNeeded(): Promise<void> {
  let problem = 'cannot be compared with its sources'
  const report = (error: unknown) => {
    const [reason = ''] = messageOf(error).split('\n')
    process.stderr.write(`the live page ${problem}: ${reason}\n`)
    process.exit(0)
  }
  // The bundler is a child process; its failures also arrive as events.
  process.on('uncaughtException', report)
  try {
    const age = checkBuiltPage()
    if (age === 'current') return
    problem = `is ${age === 'older' ? 'older than its sources' : 'not built'} and cannot be built`
    // Loaded on demand to keep the start fast.
    const { buildPage } = await import('./build-page.ts')
    await buildPage({ isSilent: true })
  } catch (error) {
    report(error)
  }
}
