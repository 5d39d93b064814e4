/**
 * Checks the rules and their tests with promtool 3. Run by hand, because it needs Go 1.25 and
 * compiles for minutes: Debian has Prometheus 2.42, the containers have 3.x, and both read our files.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { checkRules, testRules } from './check-prometheus.ts'
import { output, ROOT } from './programs.ts'

const BUILD_MS = 30 * 60_000
const PACKAGE = 'github.com/prometheus/prometheus/cmd/promtool'
/** Pins the versions of all its modules too; Go compares them with its checksum database. */
const VERSION = 'v0.314.0'

const folder = join(ROOT, '.cache', 'prometheus-3')
const promtool = join(folder, 'promtool')
mkdirSync(folder, { recursive: true })
// `go install` refuses a module that replaces others, as this one does; a module that requires it is built.
writeFileSync(join(folder, 'go.mod'), 'module promtool\n\ngo 1.25\n')
const options = { cwd: folder, timeoutMs: BUILD_MS }
await output('go', ['get', `${PACKAGE}@${VERSION}`], options)
await output('go', ['build', '-o', promtool, PACKAGE], options)
const problems = [...(await checkRules(promtool)), ...(await testRules(promtool))]
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.stdout.write(problems.length === 0 ? 'ok\n' : 'FAILED\n')
process.exitCode = problems.length === 0 ? 0 : 1
