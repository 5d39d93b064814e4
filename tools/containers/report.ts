import process from 'node:process'

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
    say(`        ${excerpt(textOf(error)).replaceAll('\n', '\n        ')}`)
    return error
  }
}

/** The whole message of anything thrown, of many lines if it is a program's output. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The first and the last lines: a build says at its end what is wrong. */
function excerpt(text: string): string {
  const [first, last] = [1000, 3000]
  return text.length <= first + last ? text : `${text.slice(0, first)}\n...\n${text.slice(-last)}`
}
