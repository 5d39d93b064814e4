import { afterAll, onTestFinished } from 'vitest'

type CleanUp = () => unknown

const ofThisFile: CleanUp[] = []

// Registered while the test file imports this module: inside a hook it would be silently ignored.
afterAll(async () => {
  for (const cleanUp of ofThisFile.splice(0).reverse()) await cleanUp()
})

/**
 * Runs `cleanUp` when the test is over, or, called from a hook or from the top of a file, when the
 * tests of the file are. Runs in reverse order of registration.
 */
export function registerCleanUp(cleanUp: CleanUp): void {
  try {
    onTestFinished(async () => {
      await cleanUp()
    })
  } catch {
    // Not inside a test.
    ofThisFile.push(cleanUp)
  }
}
