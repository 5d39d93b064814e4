import process from 'node:process'
import { messageOf } from '../../src/errors.ts'

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Runs a step, prints its result with its duration, and returns what it threw; null if it passed. */
export async function report(title: string, run: () => Promise<unknown>): Promise<unknown> {
  const startedMs = performance.now()
  const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
  try {
    await run()
    say(`ok      ${title}, ${seconds()}`)
    return null
  } catch (error) {
    say(`FAILED  ${title}, ${seconds()}`)
    say(`        ${messageOf(error).slice(0, 4000).replaceAll('\n', '\n        ')}`)
    return error
  }
}
