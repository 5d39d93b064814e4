import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firstWritable } from '../../../tools/files/first-writable.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A folder that cannot be made, whoever asks: a file is in its way. */
function impossible(): string {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  return join(file, 'folder')
}

describe('the first folder that may be written to', () => {
  it('is the first, made where it is not there', () => {
    const first = join(temporaryFolder(), 'one', 'two')
    expect(firstWritable([first, impossible()])).toBe(first)
    expect(existsSync(first)).toBe(true)
  })

  it('is a later one where the first cannot be made', () => {
    const second = join(temporaryFolder(), 'second')
    expect(firstWritable([impossible(), second])).toBe(second)
  })

  it('is none where all fail, each with its reason', () => {
    const folders = [impossible(), impossible()]
    expect(() => firstWritable(folders)).toThrow(
      new RegExp(`^no folder to write to: ENOTDIR.*${folders[0]}.*; ENOTDIR.*${folders[1]}`),
    )
  })
})
