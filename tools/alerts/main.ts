/**
 * Injects faults into a complete stack with a real Prometheus and Alertmanager, and compares the firing
 * alerts with the expected ones. Without an option it runs the scenarios of CI, with `--all` every
 * one, with `--rest` those that have not passed since the sources changed, with
 * `--only TEXT` those whose name contains the text. docs/alerts.md is written when all have passed.
 * `--real-speed` plays the chosen ones under the rules as shipped: about a quarter of an hour each.
 * `--storm COUNT` cuts the feed of so many books instead, under the rules as shipped, and counts the
 * notifications; it takes about eight minutes.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { onStopSignal } from '../../src/runtime.ts'
import { findDockerProblem, findJavaProblem } from '../kafka/locate-java.ts'
import { writeFiles } from '../ops/generated-file.ts'
import { isCi } from '../ops/programs.ts'
import { findMonitoring } from '../stack/monitoring.ts'
import { AlertTestbed, type TestbedKind } from './alert-testbed.ts'
import { alertsPage } from './alerts-page.ts'
import { PassedScenarios } from './passed-scenarios.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { runStorm } from './storm.ts'

const EXIT_FAILURE = 1
const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

const { values } = parseArgs({
  options: {
    all: { type: 'boolean' },
    rest: { type: 'boolean' },
    only: { type: 'string' },
    storm: { type: 'string' },
    'real-speed': { type: 'boolean' },
  },
})
const { all = false, rest = false, only, storm, 'real-speed': isRealSpeed = false } = values
const passed = new PassedScenarios()
const chosen = SCENARIOS.filter(isChosen)
const abort = new AbortController()
const { signal } = abort
// The processes of a testbed have their own groups, so nothing else would end them.
onStopSignal(() => abort.abort())
const missing = findMissing()
if (missing.length === 0)
  process.exitCode = await (storm === undefined ? playAll() : playStorm(storm)).catch(
    exitCodeOnAbort,
  )
else if (isCi()) {
  say(`on CI nothing may be skipped: ${missing.join('; ')}`)
  process.exitCode = EXIT_FAILURE
} else say(`skipped: ${missing.join('; ')}`)

async function playAll(): Promise<number> {
  const failed: string[] = []
  for (const [kind, scenarios] of Map.groupBy(chosen, ({ testbed }) => testbed)) {
    failed.push(...(await playOn(kind, scenarios)))
  }
  say(`${chosen.length - failed.length} scenarios passed, ${failed.length} failed`)
  if (SCENARIOS.every((scenario) => passed.has(scenario))) await writeFiles([alertsPage(SCENARIOS)])
  const isUnknown = only !== undefined && chosen.length === 0
  return failed.length > 0 || isUnknown ? EXIT_FAILURE : 0
}

async function playStorm(text: string): Promise<number> {
  const books = Number(text)
  if (!Number.isInteger(books) || books < 1) {
    say(`--storm ${text}: a number of books is expected`)
    return EXIT_FAILURE
  }
  return (await runStorm(books, { say, signal })) ? 0 : EXIT_FAILURE
}

function isChosen(scenario: Scenario): boolean {
  const { name, isForCi } = scenario

  if (only !== undefined) return name.includes(only)
  return rest ? !passed.has(scenario) : all || isForCi === true
}

function exitCodeOnAbort(error: unknown): number {
  if (!signal.aborted) throw error
  say('aborted')
  return EXIT_FAILURE
}

/** @returns names of the failed scenarios */
async function playOn(kind: TestbedKind, scenarios: readonly Scenario[]): Promise<string[]> {
  const startedMs = performance.now()
  const testbed = await AlertTestbed.start(kind, signal, isRealSpeed)
  say(`testbed ${kind}: started in ${secondsSince(startedMs)} s`)
  const failed: string[] = []
  try {
    for (const scenario of scenarios) {
      signal.throwIfAborted()
      if (!(await play(scenario, testbed))) failed.push(scenario.name)
    }
  } finally {
    const isKept = failed.length > 0
    await testbed.stop(isKept)
    if (isKept) say(`logs: ${testbed.stack.folder}`)
  }
  return failed
}

async function play(scenario: Scenario, testbed: AlertTestbed): Promise<boolean> {
  const startedMs = performance.now()
  try {
    const { byChance, machine, seconds } = await runScenario(scenario, testbed, signal)
    const [death] = testbed.deaths
    if (death !== undefined) throw new Error(death)
    const [quiet, fired, resolved] = seconds
    const times = `quiet after ${quiet} s, fired after ${fired} s, resolved after ${resolved} s`
    const why = machine === null ? '' : ` (${machine})`
    const also = byChance.length === 0 ? '' : `; by chance ${byChance.join(', ')}${why}`
    say(`ok      ${scenario.name}: ${times}${also}`)
    // What has passed at one speed says nothing of the other.
    if (!isRealSpeed) passed.add(scenario)
    return true
  } catch (error) {
    const problem = messageOf(error)
    say(`FAILED  ${scenario.name}, ${secondsSince(startedMs)} s`)
    say(`        ${problem.replaceAll('\n', '\n        ')}`)
    return false
  }
}

/** Missing programs and how to install them. */
function findMissing(): string[] {
  const { missing: programs } = findMonitoring(process.env['PATH'] ?? '')
  const java = findJavaProblem()
  const isWithoutBroker = java !== null && findDockerProblem() !== null
  return isWithoutBroker ? [...programs, `no broker available: ${java}`] : [...programs]
}

function secondsSince(instantMs: number): string {
  return ((performance.now() - instantMs) / 1000).toFixed(1)
}
