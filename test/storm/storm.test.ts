import process from 'node:process'
import { expect, it } from 'vitest'
import { isSoak } from '../support/soak.ts'
import { runStorm } from './run-storm.ts'
import type { Scenario } from './scenarios.ts'

/** The short form for every test run; `npm run test:soak` runs all. */
const SHORT = ['gap=3', 'stall', 'crossed', 'settlement', 'non-finite']

const pick = (scenarios: Scenario[]) =>
  isSoak
    ? scenarios
    : SHORT.map((wanted) => {
        const found = scenarios.find(({ faults }) => faults.startsWith(wanted))
        if (found === undefined) throw new Error(`no scenario ${wanted}`)
        return found
      })

it('shows no wrong value in a storm of faults', { timeout: 600_000 }, async () => {
  const checker = await runStorm(pick)
  process.stdout.write(
    `storm: ${checker.samples} samples, ${checker.values} values compared, ${checker.lies.length} not true\n`,
  )
  expect(checker.lies).toEqual([])
  expect(checker.values).toBeGreaterThan(checker.samples / 4)
})
