import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FORMATS } from '../../../src/commands/export/table-file.ts'
import { formatLine } from '../../../src/recording/recorded-line.ts'
import { skipBecause } from '../../support/needs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CLI = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url))
const T = Date.UTC(2026, 8, 1)
const SNAPSHOTS = 400
/** Blocks of the shell's `ulimit -f`, 512 or 1024 bytes each: less than any of the tables needs. */
const LIMIT_BLOCKS = 4

function writeRecording(): string {
  const file = join(temporaryFolder(), 'recording.jsonl')
  const lines = Array.from({ length: SNAPSHOTS }, (_, step) => {
    const atMs = T + step * 100
    const data = {
      timestamp: atMs - 5,
      change_id: 1000 + step,
      instrument_name: 'BTC-PERPETUAL',
      bids: [[100 + (step % 3), 10 + step]],
      asks: [[104, 20]],
    }
    const params = { channel: 'book.BTC-PERPETUAL.none.10.100ms', data }
    const raw = JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params })
    return formatLine({ receivedUs: atMs * 1000, direction: 'in', raw })
  })
  writeFileSync(file, lines.join(''))
  return file
}

describe('an export whose file cannot grow', () => {
  it('ends with a clear error and leaves no file', () => {
    const folder = temporaryFolder()
    const out = join(folder, 'table')
    const script = `ulimit -f ${LIMIT_BLOCKS}; exec "$@"`
    const command = [process.execPath, CLI, 'export', '--replay', writeRecording()]
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', script, 'sh', ...command, '--format', 'csv', '--out', out],
      { encoding: 'utf8' },
    )
    expect(stderr).toContain(`${out}: cannot be written: EFBIG`)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(1)
    expect(readdirSync(folder)).toEqual([])
  })

  it.for(FORMATS)('says that the disk is full, and leaves no %s file', (format, context) => {
    const folder = temporaryFolder()
    const out = join(folder, 'table')
    const disk = ['--mount', '--map-root-user', 'sh', '-c']
    const mount = 'mount -t tmpfs -o size=4k tmpfs "$0"'
    if (spawnSync('unshare', [...disk, mount, folder]).status !== 0) {
      // Throws on CI, where no test may be skipped.
      const reason = 'a small disk cannot be mounted (unshare)'
      skipBecause(reason)
      return context.skip(reason)
    }
    const command = [process.execPath, CLI, 'export', '--replay', writeRecording()]
    const script = `${mount} && "$@"; status=$?; echo "left: $(ls "$0")"; exit $status`
    const { status, stderr, stdout } = spawnSync(
      'unshare',
      [...disk, script, folder, ...command, '--format', format, '--out', out],
      { encoding: 'utf8' },
    )
    expect(stderr).toContain(`${out}: cannot be written: ENOSPC: no space left on device`)
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('left: \n')
    expect(status).toBe(1)
  })
})
