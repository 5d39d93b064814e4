import process from 'node:process'
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node'
import { writeClosingLines, type RunOutcome, type SkippedTest } from './closing-lines.ts'

const NEVER_ENDED: RunOutcome = { passed: 0, failed: 1, skipped: [], skippedFiles: new Set() }

/**
 * Ends a run with the skipped tests and their reasons, and with the plain line `N passed, N failed` as the
 * last line. A module that cannot be imported, a failing hook and an error outside any test count
 * as failed, and so does an interrupted run.
 */
export class ClosingLineReporter implements Reporter {
  #vitest: Vitest | null = null
  #outcome: RunOutcome = NEVER_ENDED

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
    // The summaries of the other reporters come after onTestRunEnd; nothing comes after 'exit'.
    process.once('exit', (exitCode) => {
      const { failed } = this.#outcome
      if (failed > 0) process.exitCode ||= 1
      // A failure outside of tests and modules: the global set-up, or no test at all.
      const outcome =
        failed === 0 && exitCode !== 0 ? { ...this.#outcome, failed: 1 } : this.#outcome
      process.stdout.write(durationLine() + writeClosingLines(outcome))
    })
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let failed = errors.length
    let passed = 0
    const skipped: SkippedTest[] = []
    const skippedFiles = new Set<string>()
    const skipReason = this.#vitest?.getGlobalTestNamePattern()
      ? 'the name does not match the filter'
      : 'no reason given'
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      let isWholeFileSkipped = true
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        // A test that is still pending now was cut off by a crash of its worker.
        else if (state !== 'skipped') failed += 1
        else skipped.push(describeSkip(test, skipReason))
        isWholeFileSkipped &&= state === 'skipped'
      }
      if (isWholeFileSkipped) skippedFiles.add(module.relativeModuleId)
    }
    this.#outcome = { passed, failed, skipped, skippedFiles }
  }
}

/** `npm run check` passes its start time to the tests. */
function durationLine(): string {
  const startedMs = Number(process.env['CHECK_STARTED_EPOCH_MS'])
  if (!(startedMs > 0)) return ''
  return `\nall checks: ${((Date.now() - startedMs) / 1000).toFixed(0)} s\n`
}

function describeSkip(test: TestCase, otherwise: string): SkippedTest {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return {
    file: test.module.relativeModuleId,
    name: test.fullName,
    reason: test.meta().skipReason ?? note ?? failedParentOf(test) ?? otherwise,
  }
}

function failedParentOf(test: TestCase): string | undefined {
  for (let { parent } = test; ; { parent } = parent) {
    if (parent.errors().length > 0) return 'its suite failed before it'
    if (parent.type === 'module') return undefined
  }
}
