import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Scripts of package.json, cheap ones first; the tests, which print the final count, come last. */
const STEPS = [
  'format:check',
  'lint',
  'typecheck',
  'check:deps',
  'check:words',
  'knip',
  'docs:check',
  'check:api',
  'check:ops',
  'test:alerts',
  'test',
] as const

const startedEpochMs = Date.now()

/** Runs every step in the order above and stops at the first that fails, with its exit code. */
for (const step of STEPS) {
  const stepStartedMs = performance.now()
  process.stdout.write(`\n== ${step}\n`)
  const { status } = spawnSync('npm', ['run', '--silent', '--if-present', step], {
    stdio: 'inherit',
    // The tests print the total duration just before the final count.
    env: { ...process.env, CHECK_STARTED_EPOCH_MS: String(startedEpochMs) },
  })
  if (status !== 0) {
    if (step !== 'test') process.stdout.write(`\n== ${step} failed\n`)
    process.exit(status ?? 1)
  }
  if (step !== 'test') process.stdout.write(`== ${step}: ok, ${secondsSince(stepStartedMs)} s\n`)
}

function secondsSince(instantMs: number): string {
  return ((performance.now() - instantMs) / 1000).toFixed(1)
}
