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
/** promtool uses one core. */
const TESTS_AT_ONCE = 2

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

/** Runs the unit tests of the alerts; one process per file, because some cover days and take 20 s. */
export async function testRules(promtool = 'promtool'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-rules-'))
  try {
    cpSync(join(ROOT, 'prometheus', 'rules'), join(folder, 'rules'), { recursive: true })
    mkdirSync(join(folder, 'tests'))
    const problems: string[] = []
    const files = filesOf('prometheus/tests', '.yml').values()
    const testRest = async () => {
      for (const file of files) {
        // The tests use the default; the rules may have another address.
        const text = readFileSync(join(ROOT, file), 'utf8')
        const own = join(folder, 'tests', basename(file))
        writeFileSync(own, text.replaceAll(DEFAULT_RUNBOOK_BASE_URL, RUNBOOK_BASE_URL))
        problems.push(...(await problemsOf(promtool, ['test', 'rules', own])))
      }
    }
    await Promise.all(Array.from({ length: TESTS_AT_ONCE }, testRest))
    return problems
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
