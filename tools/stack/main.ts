import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { withoutConnectionSettings } from '../../src/config/describe.ts'
import { messageOf } from '../../src/errors.ts'
import { onStopSignal } from '../../src/runtime.ts'
import { firstWritable } from '../files/first-writable.ts'
import { addressTable } from './address-table.ts'
import { readStackArgs, STACK_USAGE, type StackArgs, StackUsageError } from './stack-args.ts'
import { describeDeath, type Stack } from './stack.ts'
import { startStack } from './start-stack.ts'

const EXIT_FAILURE = 1
const EXIT_USAGE = 2
/** Settings that the stack sets itself, and those that would block its own probes. */
const OWN = /^(INSTRUMENTS|HTTP_.*)$/

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}
const printError = (line: string) => {
  process.stderr.write(`${line}\n`)
}

async function run({ folder, ports, simulator }: StackArgs): Promise<number> {
  const abort = new AbortController()
  const ended = Promise.withResolvers<number>()
  const stop = () => {
    if (abort.signal.aborted) return
    say('stopping')
    abort.abort()
    ended.resolve(0)
  }
  onStopSignal(stop)
  // The terminal is closed: the processes have their own groups, so nothing else would end them.
  process.on('SIGHUP', stop)
  const environment = withoutConnectionSettings(process.env, (name) => OWN.test(name))
  let stack: Stack
  try {
    stack = await startStack(
      { folder: folder === null ? chooseFolder() : resolve(folder), ports, simulator, environment },
      {
        say,
        signal: abort.signal,
        onDeath: (death) => {
          printError(describeDeath(death))
          ended.resolve(EXIT_FAILURE)
        },
      },
    )
  } catch (error) {
    if (abort.signal.aborted) return 0
    throw error
  }
  say(addressTable(stack))
  const code = await ended.promise
  const problems = await stack.stop()
  for (const problem of problems) printError(problem)
  return problems.length > 0 ? EXIT_FAILURE : code
}

/** A checkout of another user is not writable. */
function chooseFolder(): string {
  const usual = resolve('.stack')
  try {
    return firstWritable([usual])
  } catch (error) {
    const folder = mkdtempSync(join(tmpdir(), 'orderbook-stack-'))
    printError(`${messageOf(error)}; logs and data are in ${folder}`)
    return folder
  }
}

async function main(): Promise<number> {
  try {
    const args = readStackArgs(process.argv.slice(2))
    if (!args.isHelp) return await run(args)
    say(STACK_USAGE)
    return 0
  } catch (error) {
    printError(messageOf(error))
    return error instanceof StackUsageError ? EXIT_USAGE : EXIT_FAILURE
  }
}

process.exitCode = await main()
