import type { CheckId } from './checks.ts'
import type { Findings } from './findings.ts'
import type { FieldProblems } from './known-fields.ts'

/** A name of the exchange is shown up to this length. */
const MAX_NAME = 64

/** Reports fields that are unknown or missing. */
export function checkFields(
  findings: Findings,
  id: CheckId,
  { unknown, missing, simulated }: FieldProblems,
): void {
  const problems = [
    ...unknown.map((name) => `unknown field ${name.slice(0, MAX_NAME)}`),
    ...missing.map((name) => `missing field ${name}`),
  ]
  findings.check(id, problems.length === 0, problems[0] ?? '')
  for (const problem of problems.slice(1)) findings.contradict(id, problem)
  if (simulated.length > 0) findings.except(id, `field of the simulator: ${simulated.join(', ')}`)
}

/** Whether a value is a non-negative integer that a double holds exactly. */
export function isSafeCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
