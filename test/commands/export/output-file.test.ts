import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runExport } from '../../../src/commands/export/export.ts'
import { messageOf } from '../../../src/errors.ts'
import { exitCodeOf } from '../../../src/runtime.ts'
import { eventually } from '../../support/eventually.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { writeFrames } from './tables.ts'

const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url))
const T = Date.UTC(2026, 8, 1)

function writeRecording(): string {
  const frames = Array.from({ length: 3 }, (_, step) => {
    const receivedMs = T + step * 100
    const data = {
      timestamp: receivedMs - 5,
      change_id: 1000 + step,
      instrument_name: 'BTC-PERPETUAL',
      bids: [[100, 10 + step]],
      asks: [[104, 20]],
    }
    const params = { channel: 'book.BTC-PERPETUAL.none.10.100ms', data }
    return { raw: JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params }), receivedMs }
  })
  return writeFrames(frames)
}

const runOf = (recording: string, out: string) =>
  runExport(['--replay', recording, '--format', 'csv', '--out', out], {})

describe('the file of an export', () => {
  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a link to a device', (path: string) => symlinkSync('/dev/null', path)],
  ])('may not be %s, which stays as it is', async (_what, make) => {
    const folder = temporaryFolder()
    const out = join(folder, 'table')
    make(out)
    const before = statSync(out)
    const error = await runOf(writeRecording(), out).catch((thrown: unknown) => thrown)
    expect(messageOf(error)).toBe(`${out}: cannot be written: it exists and is not a regular file`)
    const after = statSync(out)
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode])
    expect(readdirSync(folder)).toEqual(['table'])
  })

  it('may not be the recording itself, by whatever name', async () => {
    const recording = writeRecording()
    const link = join(temporaryFolder(), 'link')
    symlinkSync(recording, link)
    const text = readFileSync(recording, 'utf8')
    for (const out of [recording, link]) {
      const error = await runOf(recording, out).catch((thrown: unknown) => thrown)
      expect(messageOf(error)).toBe(`--out=${out} is the recording itself`)
      expect(exitCodeOf(error)).toBe(2)
    }
    expect(readFileSync(recording, 'utf8')).toBe(text)
  })

  it('replaces the file that a symbolic link leads to', async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()]
    const target = join(other, 'target')
    writeFileSync(target, 'before')
    symlinkSync(target, join(folder, 'table'))
    await runOf(writeRecording(), join(folder, 'table'))
    expect(readFileSync(target, 'utf8').split('\n')).toHaveLength(5)
    expect(readdirSync(folder)).toEqual(['table'])
    expect(readdirSync(other)).toEqual(['target'])
  })

  it('is whole when several exports write it at once', async () => {
    const folder = temporaryFolder()
    const recording = writeRecording()
    await Promise.all([1, 2, 3].map(() => runOf(recording, join(folder, 'table'))))
    expect(readFileSync(join(folder, 'table'), 'utf8').split('\n')).toHaveLength(5)
    expect(readdirSync(folder)).toEqual(['table'])
  })

  it('is not left half by a process that ends at once', () => {
    const folder = temporaryFolder()
    const module = pathToFileURL(source('commands/export/table-file.ts')).href
    const script = `import { TableFile } from '${module}'
      import { readdirSync } from 'node:fs'
      new TableFile('${join(folder, 'table')}', 'csv', [])
      process.stdout.write(String(readdirSync('${folder}').length))
      process.exit(3)`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([3, '1'])
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a signal during an export', () => {
  it('ends it without a file, also while its input sends nothing', async () => {
    const folder = temporaryFolder()
    const args = ['--replay', '-', '--format', 'csv', '--out', join(folder, 'table')]
    const child = spawn(process.execPath, [source('cli.ts'), 'export', ...args])
    registerCleanUp(() => void child.kill('SIGKILL'))
    const errors: Buffer[] = []
    child.stderr.on('data', (bytes: Buffer) => errors.push(bytes))
    const exited = once(child, 'exit')
    await eventually(() => readdirSync(folder).length > 0, { timeoutMs: 60_000 })
    child.kill('SIGINT')
    expect(await exited).toEqual([1, null])
    expect(Buffer.concat(errors).toString()).toContain('interrupted, no file was written')
    expect(readdirSync(folder)).toEqual([])
  })

  it('has no listener once the export has ended, well or not', async () => {
    const listeners = () => ['SIGINT', 'SIGTERM', 'exit'].map((name) => process.listenerCount(name))
    const before = listeners()
    await runOf(writeRecording(), join(temporaryFolder(), 'table'))
    await runOf(writeRecording(), temporaryFolder()).catch(() => undefined)
    expect(listeners()).toEqual(before)
  })
})
