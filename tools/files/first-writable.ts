import { accessSync, constants, mkdirSync } from 'node:fs'
import { messageOf } from '../../src/errors.ts'

/**
 * Returns the first writable folder; creates it where missing.
 * @throws Error with the reason for each folder
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
  throw new Error(`no writable folder: ${problems.join('; ')}`)
}
