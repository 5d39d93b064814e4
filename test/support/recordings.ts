import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { TestOptions } from 'vitest'
import { skipBecause } from './needs.ts'

/** Folder of the recordings of the real exchange, outside of the project. */
const FOLDER =
  process.env['ORDERBOOK_RECORDINGS'] ??
  fileURLToPath(new URL('../../../shared/data/', import.meta.url))

export const recordingsAvailable = existsSync(FOLDER)

/** Path of a recording; the file exists if `recordingsAvailable` is true. */
export function recordingPath(name: string): string {
  return join(FOLDER, name)
}

/**
 * Options for a `describe` or an `it` that reads recordings: skipped with the reason where they
 * do not exist.
 * @throws Error on CI, where they must exist
 */
export function needsRecordings(): TestOptions {
  return skipBecause(recordingsAvailable ? null : 'the recordings (../shared/data) are not there')
}
