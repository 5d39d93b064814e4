export interface SkippedTest {
  /** Path of the test file from the root of the project. */
  file: string
  name: string
  reason: string
}

/** Outcome of a test run. */
export interface RunOutcome {
  passed: number
  failed: number
  skipped: SkippedTest[]
  /** Files of which every test was skipped. */
  skippedFiles: ReadonlySet<string>
}

/**
 * The end of a run: lines of skipped tests by reason, then the plain count as the last line.
 * A file that was skipped as a whole for one reason is one line.
 */
export function writeClosingLines(outcome: RunOutcome): string {
  const { passed, failed, skipped } = outcome
  const count = `${passed} passed, ${failed} failed`
  if (skipped.length === 0) return `\n${count}\n`
  return `\n${skipLines(outcome).join('\n')}\n\n${count}, ${skipped.length} skipped\n`
}

function skipLines({ skipped, skippedFiles }: RunOutcome): string[] {
  const lines: string[] = []
  for (const [reason, ofReason] of groupBy(skipped, (test) => test.reason)) {
    for (const [file, ofFile] of groupBy(ofReason, (test) => test.file)) {
      const isWholeFile = skipped.filter((test) => test.file === file).length === ofFile.length
      if (skippedFiles.has(file) && isWholeFile) {
        lines.push(`skipped: ${file} (${countOf(ofFile)}) - ${reason}`)
      } else {
        lines.push(...ofFile.map((test) => `skipped: ${file} > ${test.name} - ${reason}`))
      }
    }
  }
  return lines
}

function countOf(tests: readonly SkippedTest[]): string {
  return tests.length === 1 ? '1 test' : `${tests.length} tests`
}

/** Sorted by key, so that runs are comparable. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = Object.entries(Object.groupBy(items, keyOf))
  return groups.map(([key, group]): [string, T[]] => [key, group ?? []]).toSorted(byKey)
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
