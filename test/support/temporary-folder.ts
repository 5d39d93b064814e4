import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerCleanUp } from './clean-up.ts'

/** Creates an empty folder that is removed with the test (called from a hook: with the file). */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-exporter-test-'))
  registerCleanUp(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
