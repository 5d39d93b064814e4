/**
 * Checks the rules and their tests with promtool 3. Run by hand, because it needs Go 1.25 and
 * compiles for minutes: Debian has Prometheus 2.42, the containers have 3.x, and both read our files.
 */
import { join } from 'node:path'
import process from 'node:process'
import { checkRules, testRules } from './check-prometheus.ts'
import { output, ROOT } from './programs.ts'

const BUILD_MS = 30 * 60_000
const MODULE = 'github.com/prometheus/prometheus/cmd/promtool'

const promtool = join(ROOT, '.cache', 'promtool-3')
await output('go', ['build', '-o', promtool, MODULE], {
  cwd: join(ROOT, 'tools', 'promtool-3'),
  timeoutMs: BUILD_MS,
})
const problems = [...(await checkRules(promtool)), ...(await testRules(promtool))]
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.stdout.write(problems.length === 0 ? 'ok\n' : 'FAILED\n')
process.exitCode = problems.length === 0 ? 0 : 1
