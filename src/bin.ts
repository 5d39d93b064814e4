#!/usr/bin/env node
/**
 * What `npx orderbook-exporter` starts. It imports nothing before it has looked at the version, because an
 * older Node fails on the first module that uses something newer, with an error that helps nobody; and
 * it is written so that such a Node can read it.
 */
const LOWEST_MAJOR = 22
const LOWEST_MINOR = 18
const EXIT_USAGE = 2

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > LOWEST_MAJOR || (major === LOWEST_MAJOR && minor >= LOWEST_MINOR)) {
  void import('./cli.ts')
} else {
  process.stderr.write(
    `orderbook-exporter needs Node ${LOWEST_MAJOR}.${LOWEST_MINOR} or newer, this is ${process.version}\n`,
  )
  process.exitCode = EXIT_USAGE
}
