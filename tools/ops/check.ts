/**
 * Checks everything that Prometheus, Alertmanager, Grafana and containers get from this project, without
 * running Grafana or containers (npm run check:containers does). A step whose program is missing is skipped with the reason; on CI it fails.
 */
import process from 'node:process'
import { checkAlertmanager } from './check-alertmanager.ts'
import { checkRules, testRules } from './check-prometheus.ts'
import { checkLint } from './dashboards/check-lint.ts'
import { checkPictures } from './dashboards/pictures.ts'
import { checkQueries } from './dashboards/check-queries.ts'
import { filesOutOfStep } from './generated-file.ts'
import { generatedFiles } from './generated-files.ts'
import { checkCompose } from './containers/check-compose.ts'
import { isCi, isInstalled, PACKAGES, type Program } from './programs.ts'

interface Step {
  readonly title: string
  readonly needs?: readonly Program[]
  /** Returns the problems; empty if the step passed. */
  readonly run: () => Promise<string[]>
}

/** A live run of a minute, parallel to the other steps. */
const BESIDE: Step = {
  title: 'queries of dashboards and docs in a live run',
  needs: ['prometheus'],
  run: checkQueries,
}

const STEPS: readonly Step[] = [
  { title: 'generated files are current', run: checkGenerated },
  { title: 'rules and prometheus.yml are valid', needs: ['promtool'], run: () => checkRules() },
  { title: 'unit tests of the alerts', needs: ['promtool'], run: () => testRules() },
  {
    title: 'alertmanager.yml is valid, with its routes',
    needs: ['amtool'],
    run: checkAlertmanager,
  },
  { title: 'dashboard lint', run: checkLint },
  { title: 'dashboard pictures are current', run: checkPictures },
  { title: 'docker-compose.yml', needs: ['docker-compose'], run: checkCompose },
]

const beside = report(BESIDE)
const outcomes: boolean[] = []
for (const step of STEPS) outcomes.push(await report(step))
outcomes.push(await beside)
process.exitCode = outcomes.every((isPassing) => isPassing) ? 0 : 1

/** Runs a step and prints its result. @returns whether it passed */
async function report(step: Step): Promise<boolean> {
  const startedMs = performance.now()
  const problems = await evaluate(step)
  if (problems === null) return true
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const isPassing = problems.length === 0
  const lines = problems.map((problem) => `        ${problem.replaceAll('\n', '\n        ')}\n`)
  process.stdout.write(`${isPassing ? 'ok    ' : 'FAILED'}  ${step.title}, ${seconds} s\n`)
  for (const line of lines) process.stdout.write(line)
  return isPassing
}

/** Null if the step was skipped. */
async function evaluate({ title, needs = [], run }: Step): Promise<string[] | null> {
  const missing = needs.filter((program) => !isInstalled(program))
  if (missing.length === 0) {
    return run().catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ])
  }
  const reason = missing
    .map((program) => `${program} is not installed (apt-get install ${PACKAGES[program]})`)
    .join(', ')
  if (isCi()) return [`on CI nothing may be skipped: ${reason}`]
  process.stdout.write(`skipped ${title}: ${reason}\n`)
  return null
}

async function checkGenerated(): Promise<string[]> {
  const stale = await filesOutOfStep(generatedFiles())
  return stale.map((path) => `${path} is outdated; run npm run ops:generate`)
}
