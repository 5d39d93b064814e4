import { accessSync, constants, mkdirSync } from 'node:fs'
import { messageOf } from '../../src/errors.ts'

/**
 * The first of the folders that may be written to; made where it is not there.
 * @throws Error that says for each of them why it cannot be used
 */
export function firstWritable(folders: readonly string[]): string {
  const problems: string[] = []
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true })
      accessSync(folder, constants.W_OK | constants.X_OK)
      return folder
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  throw new Error(`no folder to write to: ${problems.join('; ')}`)
}
