import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { findProgram } from '../stack/find-program.ts'

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 16 << 20

/** Project root. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Programs that a step may need, with their Debian packages. */
export const PACKAGES = {
  promtool: 'prometheus',
  prometheus: 'prometheus',
  amtool: 'prometheus-alertmanager',
  'docker-compose': 'docker-compose',
  java: 'openjdk-17-jre-headless',
} as const

export type Program = keyof typeof PACKAGES

/** Whether a program is on the path. */
export function isInstalled(program: Program): boolean {
  return findProgram([program], process.env['PATH'] ?? '') !== null
}

/** Whether skipping is not allowed. */
export function isCi(): boolean {
  return !['', '0', 'false', undefined].includes(process.env['CI'])
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default two minutes. */
  readonly timeoutMs?: number
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, by default in the project root.
 * @throws Error with command and output, where it fails or times out
 */
export async function output(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = process.env, timeoutMs = 120_000 }: RunOptions = {},
): Promise<Output> {
  try {
    const options = { cwd, env, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES }
    return await run(command, [...args], options)
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Partial<Output> & Error
    const said = [stdout, stderr].map((text) => text.trim()).filter((text) => text !== '')
    throw new Error(
      [`${command} ${args.join(' ')}`, ...(said.length ? said : [message])].join('\n'),
      {
        cause: error,
      },
    )
  }
}

/** The same for a step of a check: returns no problem, or one with the error. */
export async function problemsOf(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string[]> {
  try {
    await output(command, args, options)
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}
