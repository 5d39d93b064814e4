import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { problemsOf, ROOT } from './programs.ts'

const LINT = ['--lint=all', '--lint-fatal']

/** Files of a folder by their path from the root. */
export function filesOf(folder: string, suffix: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(suffix))
  return names.sort().map((name) => `${folder}/${name}`)
}

/** prometheus.yml and the rules, as a version of Prometheus judges them. */
export async function checkRules(promtool = 'promtool'): Promise<string[]> {
  return [
    ...(await problemsOf(promtool, ['check', 'config', ...LINT, 'prometheus/prometheus.yml'])),
    ...(await problemsOf(promtool, [
      'check',
      'rules',
      ...LINT,
      ...filesOf('prometheus/rules', '.yml'),
    ])),
  ]
}

/** The unit tests of the alerts; one process for each file, as some count days. */
export async function testRules(promtool = 'promtool'): Promise<string[]> {
  const problems: string[] = []
  for (const file of filesOf('prometheus/tests', '.yml')) {
    problems.push(...(await problemsOf(promtool, ['test', 'rules', file])))
  }
  return problems
}
