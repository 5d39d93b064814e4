import process from 'node:process'
import { messageOf } from '../../src/errors.ts'
import { checkBuiltPage } from './built-page.ts'

/** Builds the live page; with `--if-needed` only where it is not the one of the present sources. */
if (process.argv.includes('--if-needed')) await buildIfNeeded()
else await (await import('./build-page.ts')).buildPage()

/** Before a start, which must not fail because of the page: what is wrong is said in one line. */
async function buildIfNeeded(): Promise<void> {
  let problem = 'cannot be compared with its sources'
  const report = (error: unknown) => {
    const [reason = ''] = messageOf(error).split('\n')
    process.stderr.write(`the live page ${problem}: ${reason}\n`)
    process.exit(0)
  }
  // The bundler runs as a process of its own, whose failures come as events too.
  process.on('uncaughtException', report)
  try {
    const age = checkBuiltPage()
    if (age === 'current') return
    problem = `is ${age === 'older' ? 'older than its sources' : 'not built'} and cannot be built`
    // Loaded only for those who need it: a start waits for this.
    const { buildPage } = await import('./build-page.ts')
    await buildPage({ isSilent: true })
  } catch (error) {
    report(error)
  }
}
