import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { TestOptions } from 'vitest'
import { skipBecause } from './needs.ts'

/** Recordings of the real exchange lie beside the project, never in it. */
const FOLDER =
  process.env['ORDERBOOK_RECORDINGS'] ??
  fileURLToPath(new URL('../../../shared/data/', import.meta.url))

export const recordingsAvailable = existsSync(FOLDER)

/** Path of a recording; the file is there where `recordingsAvailable` says so. */
export function recordingPath(name: string): string {
  return join(FOLDER, name)
}

/**
 * Options for a `describe` or an `it` that reads recordings: left out, with the reason, where they
 * are not there.
 * @throws Error on CI, where they have to be
 */
export function needsRecordings(): TestOptions {
  return skipBecause(recordingsAvailable ? null : 'the recordings (../shared/data) are not there')
}
