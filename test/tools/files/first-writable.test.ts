import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firstWritable } from '../../../tools/files/first-writable.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A folder that no user can create, because a file has its name. */
function impossible(): string {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  return join(file, 'folder')
}

describe('the first writable folder', () => {
  it('is the first one, created where missing', () => {
    const first = join(temporaryFolder(), 'one', 'two')
    expect(firstWritable([first, impossible()])).toBe(first)
    expect(existsSync(first)).toBe(true)
  })

  it('is a later one where the first cannot be created', () => {
    const second = join(temporaryFolder(), 'second')
    expect(firstWritable([impossible(), second])).toBe(second)
  })

  it('throws with each reason where all fail', () => {
    const folders = [impossible(), impossible()]
    expect(() => firstWritable(folders)).toThrow(
      new RegExp(`^no writable folder: ENOTDIR.*${folders[0]}.*; ENOTDIR.*${folders[1]}`),
    )
  })
})
