import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where the first of `names` that can be run is on the path; null where none is. */
export function findProgram(names: readonly string[], path: string): string | null {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      if (folder === '') continue
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not here.
      }
    }
  }
  return null
}
