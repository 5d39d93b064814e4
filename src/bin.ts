#!/usr/bin/env node
/**
 * Entry point of `npx orderbook-exporter`. Checks the Node version before it imports anything, because an
 * older Node would fail with an unclear error on the first module with newer syntax. This file uses only
 * syntax that an older Node can parse.
 */
const LOWEST_MAJOR = 22
const LOWEST_MINOR = 18
const EXIT_USAGE = 2

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > LOWEST_MAJOR || (major === LOWEST_MAJOR && minor >= LOWEST_MINOR)) {
  // The first process of a container ignores signals that it does not listen to: a stop while the modules
  // are loaded would be lost. Nothing has started until a command listens too.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0)
    })
  }
  void import('./cli.ts')
} else {
  process.stderr.write(
    `orderbook-exporter requires Node ${LOWEST_MAJOR}.${LOWEST_MINOR} or newer (found ${process.version})\n`,
  )
  process.exitCode = EXIT_USAGE
}
