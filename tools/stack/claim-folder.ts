import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/**
 * Creates the folder of a stack, without files of an earlier one.
 * @returns releases the folder; its logs stay
 * @throws Error where a running stack uses it
 */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'stack.pid')
  const owner = readOwner(file)
  if (owner !== null) {
    throw new Error(
      `${folder} belongs to the stack of process ${owner}: --folder DIR chooses another (or remove ${file} where that is no stack)`,
    )
  }
  writeFileSync(file, String(process.pid))
  for (const name of readdirSync(folder)) if (name.endsWith('.log')) rmSync(join(folder, name))
  const data = join(folder, 'data')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data)
  return () => {
    rmSync(data, { recursive: true, force: true })
    rmSync(file, { force: true })
  }
}

/** The process that owns the folder, if it still runs. */
function readOwner(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    if (!(pid > 0)) return null
    process.kill(pid, 0)
    return pid
  } catch {
    return null
  }
}
