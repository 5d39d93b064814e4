import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

export interface GeneratedFile {
  /** Path from the project root. */
  readonly path: string
  readonly text: string
  readonly parser: 'yaml' | 'json' | 'markdown'
}

/** Writes files that differ, formatted. */
export async function writeFiles(files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, wanted } of await differing(files)) {
    await mkdir(dirname(absolute(path)), { recursive: true })
    await writeFile(absolute(path), wanted)
  }
}

/** Paths of outdated or missing files. */
export async function filesOutOfStep(files: readonly GeneratedFile[]): Promise<string[]> {
  return (await differing(files)).map(({ path }) => path)
}

async function differing(files: readonly GeneratedFile[]) {
  const found: { path: string; wanted: string }[] = []
  for (const { path, text, parser } of files) {
    const config = await resolveConfig(absolute(path))
    const wanted = await format(text, { ...config, parser })
    const present = await readFile(absolute(path), 'utf8').catch(() => '')
    if (present !== wanted) found.push({ path, wanted })
  }
  return found
}

function absolute(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}
