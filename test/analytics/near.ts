import { expect } from 'vitest'
import type { Scaled } from './slow-windows.ts'

/** Whether absent where the reference is, else equal to 1e-9 of the sum of the absolute terms. */
function isNear(actual: number | null | undefined, expected: Scaled | null): boolean {
  if (expected === null) return actual === null
  if (actual === null || actual === undefined) return false
  return Math.abs(actual - expected.value) <= 1e-9 * expected.scale
}

/** Every number of `expected` against the one of the same name. */
export function expectAllNear(
  actual: object,
  expected: Readonly<Record<string, Scaled | null>>,
  what: string,
): void {
  const values = actual as Readonly<Record<string, number | null>>
  for (const [name, scaled] of Object.entries(expected)) {
    // Millions of numbers are compared: the message is built only for a mismatch.
    if (isNear(values[name], scaled)) continue
    expect(values[name], `${name} of ${what}, to 1e-9 of ${scaled?.scale}`).toBe(
      scaled?.value ?? null,
    )
    throw new Error(`${name} of ${what} is ${values[name]}`)
  }
}

/** Equal to the last bit, so that 0 and -0 differ and NaN does not. */
export function expectSameBits(actual: unknown, expected: unknown): void {
  expect(actual).toStrictEqual(expected)
}
