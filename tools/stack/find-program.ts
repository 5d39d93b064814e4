import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Path of the first executable of `names` on the PATH; null without one. */
export function findProgram(names: readonly string[], path: string): string | null {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      if (folder === '') continue
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not in this folder.
      }
    }
  }
  return null
}
