import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { RUNBOOK_BASE_URL } from '../../prometheus/src/generation.ts'
import { DEFAULT_RUNBOOK_BASE_URL } from '../../prometheus/src/generation-settings.ts'
import { problemsOf, ROOT } from './programs.ts'

const LINT = ['--lint=all', '--lint-fatal']

/** Files of a folder, as paths from the project root. */
export function filesOf(folder: string, suffix: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(suffix))
  return names.sort().map((name) => `${folder}/${name}`)
}

/** Checks prometheus.yml and the rules with promtool. */
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

/** Runs the unit tests of the alerts; one process per file, because some cover days. */
export async function testRules(promtool = 'promtool'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-rules-'))
  try {
    cpSync(join(ROOT, 'prometheus', 'rules'), join(folder, 'rules'), { recursive: true })
    mkdirSync(join(folder, 'tests'))
    const problems: string[] = []
    for (const file of filesOf('prometheus/tests', '.yml')) {
      // The tests use the default; the rules may have another address.
      const text = readFileSync(join(ROOT, file), 'utf8')
      const own = join(folder, 'tests', basename(file))
      writeFileSync(own, text.replaceAll(DEFAULT_RUNBOOK_BASE_URL, RUNBOOK_BASE_URL))
      problems.push(...(await problemsOf(promtool, ['test', 'rules', own])))
    }
    return problems
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
