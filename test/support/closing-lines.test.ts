import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { writeClosingLines, type SkippedTest } from './closing-lines.ts'
import { startProcess } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const REPORTER = join(ROOT, 'test/support/closing-line-reporter.ts')
const STALL_REPORTER = join(ROOT, 'test/support/stall-reporter.ts')
const NEEDS = join(ROOT, 'test/support/needs.ts')

const PASSING = `it('adds', () => { expect(1 + 1).toBe(2) })`
const SKIPPED = `
  import { skipBecause } from ${JSON.stringify(NEEDS)}
  describe('the broker', skipBecause('Java is not installed'), () => {
    it('starts', () => {})
    it('stops', () => {})
  })`

/** Runs vitest with our reporter over a suite of these files, in a folder of its own. */
async function runSuite(
  files: Record<string, string>,
  options: {
    args?: string[]
    env?: Record<string, string>
    config?: object
    stalledMs?: number
  } = {},
) {
  const folder = temporaryFolder()
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const config = JSON.stringify(options.config ?? {})
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import { ClosingLineReporter } from ${JSON.stringify(REPORTER)}
     import { StallReporter } from ${JSON.stringify(STALL_REPORTER)}
     const reporters = ['default', new ClosingLineReporter(), new StallReporter(${options.stalledMs ?? ''})]
     export default { test: { globals: true, reporters, ...${config} } }`,
  )
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const running = startProcess(process.execPath, [vitest, 'run', ...(options.args ?? [])], {
    cwd: folder,
    env: { CI: '', NO_COLOR: '1', ...options.env },
  })
  const { code } = await running.exited
  const lines = running.stdout
  return {
    code,
    lines,
    last: lines.at(-1),
    skips: lines.filter((line) => line.startsWith('skipped:')),
  }
}

describe('the last line of a run', () => {
  it('is the last one and the exit code is 0 where everything passes', async () => {
    const { code, last, skips } = await runSuite({ 'a.test.ts': PASSING, 'b.test.ts': PASSING })
    expect({ code, last, skips }).toEqual({ code: 0, last: '2 passed, 0 failed', skips: [] })
  })

  it('counts failures, modules that cannot be imported and skipped tests with their reasons', async () => {
    const { code, last, skips } = await runSuite({
      'broken.test.ts': `import './not-there.ts'; ${PASSING}`,
      'failing.test.ts': `${PASSING}; it('subtracts', () => { expect(2 - 1).toBe(2) })`,
      'kafka.test.ts': SKIPPED,
      'mixed.test.ts': `${PASSING}
        it('asks', (context) => { context.skip('no network') })
        it.skip('sleeps', () => {})`,
    })
    expect(code).toBe(1)
    expect(last).toBe('2 passed, 2 failed, 4 skipped')
    expect(skips).toEqual([
      'skipped: kafka.test.ts (2 tests) - Java is not installed',
      'skipped: mixed.test.ts > asks - no network',
      'skipped: mixed.test.ts > sleeps - no reason given',
    ])
  })

  it('follows the duration of all checks, where their start time is known', async () => {
    const env = { CHECK_STARTED_EPOCH_MS: String(Date.now() - 100_000) }
    const { lines } = await runSuite({ 'a.test.ts': PASSING }, { env })
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^all checks: 1\d\d s$/),
      '',
      '1 passed, 0 failed',
    ])
  })

  it('counts an error outside the tests as a failure', async () => {
    const { code, last } = await runSuite({
      'late.test.ts': `${PASSING}; afterAll(async () => {
        Promise.reject(new Error('nobody waits for me'))
        await new Promise(setImmediate)
      })`,
    })
    expect({ code, last }).toEqual({ code: 1, last: '1 passed, 1 failed' })
  })

  it('counts a failing hook once, and the tests behind it as skipped', async () => {
    const suite = (name: string) => `describe('${name}', () => {
      beforeAll(() => { throw new Error('no broker') })
      it('sends', () => {})
    })`
    const { code, last, skips } = await runSuite({ 'hook.test.ts': suite('a') + '\n' + suite('b') })
    expect({ code, last }).toEqual({ code: 1, last: '0 passed, 2 failed, 2 skipped' })
    expect(skips).toEqual(['skipped: hook.test.ts (2 tests) - its suite failed before it'])
  })

  it('counts a worker that dies as a failure', async () => {
    const { code, last } = await runSuite({
      'dying.test.ts': `it('dies', () => { process.kill(process.pid, 'SIGKILL') })`,
    })
    expect(code).toBe(1)
    expect(last).toMatch(/^0 passed, [1-9]\d* failed$/)
  })

  it('comes after the name of a file that is stuck in a loop', async () => {
    const { code, lines, last } = await runSuite(
      { 'stuck.test.ts': `${PASSING}; it('spins', () => { for (;;); })` },
      { stalledMs: 5000 },
    )
    expect({ code, last }).toEqual({ code: 1, last: '0 passed, 1 failed' })
    expect(lines).toContain('nothing happened for 5 s; running:')
    expect(lines).toContain('  stuck.test.ts')
  })

  it('counts a failing global set-up as a failure', async () => {
    const { code, last } = await runSuite(
      { 'a.test.ts': PASSING, 'setup.ts': `throw new Error('the broker does not start')` },
      { config: { globalSetup: './setup.ts' } },
    )
    expect({ code, last }).toEqual({ code: 1, last: '0 passed, 1 failed' })
  })

  it('distinguishes tests that a filter excluded from those that could not run', async () => {
    const { code, last, skips } = await runSuite(
      { 'a.test.ts': `${PASSING}; it('subtracts', () => {})` },
      { args: ['--testNamePattern', 'adds'] },
    )
    expect({ code, last }).toEqual({ code: 0, last: '1 passed, 0 failed, 1 skipped' })
    expect(skips).toEqual(['skipped: a.test.ts > subtracts - the name does not match the filter'])
  })

  it('reports failures instead of skips on CI', async () => {
    const { code, last } = await runSuite(
      { 'a.test.ts': PASSING, 'kafka.test.ts': SKIPPED },
      { env: { CI: 'true' } },
    )
    expect({ code, last }).toEqual({ code: 1, last: '1 passed, 1 failed' })
  })
})

describe('the lines of skipped tests', () => {
  const skip = (file: string, name: string, reason: string): SkippedTest => ({ file, name, reason })

  it('name single tests of a file that ran, and of one skipped for several reasons', () => {
    const skipped = [
      skip('b.test.ts', 'two', 'no Python'),
      skip('a.test.ts', 'one', 'no Java'),
      skip('b.test.ts', 'one', 'no Java'),
    ]
    const outcome = { passed: 1, failed: 0, skipped, skippedFiles: new Set(['b.test.ts']) }
    expect(writeClosingLines(outcome).trim().split('\n')).toEqual([
      'skipped: a.test.ts > one - no Java',
      'skipped: b.test.ts > one - no Java',
      'skipped: b.test.ts > two - no Python',
      '',
      '1 passed, 0 failed, 3 skipped',
    ])
  })
})
