import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { AppError, messageOf } from '../errors.ts'

/** Reads the options of a command. Every value is a text or a flag. */
export function readOptions<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  { allowPositionals = false } = {},
) {
  try {
    return parseArgs({ args: joinTimesAgo(args), options, allowPositionals })
  } catch (error) {
    const allowed = Object.keys(options)
      .map((name) => `--${name}`)
      .join(', ')
    // One line for each problem: the parser may write two.
    const problem = messageOf(error).replaceAll(/\s*\n\s*/g, ' ')
    throw usageError([`${problem} (expected: ${allowed})`], error)
  }
}

/**
 * Joins `--from -1h` to `--from=-1h`: the parser reads a value that starts with a dash as an
 * option.
 */
function joinTimesAgo(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const before = joined.at(-1)
    if (/^-\d/.test(arg) && before !== undefined && /^--[a-z]+$/.test(before)) {
      joined[joined.length - 1] = `${before}=${arg}`
    } else joined.push(arg)
  }
  return joined
}

/** Reads a whole number; adds a problem if it is none. */
export function readWhole(
  option: string,
  text: string | undefined,
  { min, max, standard }: { min: number; max: number; standard: number },
  problems: string[],
): number {
  if (text === undefined) return standard
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.push(`--${option}=${text}: expected a whole number from ${min} to ${max}`)
  return standard
}

const INSTRUMENT = /^([A-Za-z0-9_-]{1,64}|(future|option|spot|any):([A-Z]{2,10}|any))$/

/** Reads names and, where allowed, selectors `kind:currency`; adds a problem for each bad one. */
export function readInstruments(
  text: string | undefined,
  standard: readonly string[],
  problems: string[],
): readonly string[] {
  if (text === undefined) return standard
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!INSTRUMENT.test(name)) {
      problems.push(`--instruments: ${JSON.stringify(name)} is not an instrument name`)
    }
  }
  return names
}

/** @throws AppError `ERR_USAGE` if there are problems */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw usageError(problems)
}

function usageError(problems: readonly string[], cause?: unknown): AppError {
  return new AppError('ERR_USAGE', problems[0] ?? 'bad usage', { cause, context: { problems } })
}
